//! How good answers are.

use resnet_metrics::{Confusion, Counts, Measure, Metric, Scored, Subgroup, Summary};

use crate::block::{Block, Section, Tile};
use crate::matrix::Matrix;
use crate::numbers::{grouped, ranged, rounded};
use crate::table::{Cell, Table};

/// Up to so many classes, a confusion matrix is shown whole.
const MOST_CLASSES_IN_MATRIX: usize = 25;

/// So many pairs of confused classes are named where the matrix is too large.
const WORST_PAIRS: usize = 30;

/// Every figure of a summary with its interval and its meaning.
#[must_use]
pub fn measures(title: &str, summary: &Summary) -> Section {
    let section = Section::new(title).with(measures_table(summary));
    match &summary.options.prevalence {
        Some(prevalence) => section.with(Block::Text(format!(
            "Stated prevalence: {:.2} %. Predictive values depend on it; sensitivity and specificity \
             do not.",
            100.0 * prevalence
        ))),
        None => section,
    }
}

/// The table of [`measures`], to be put elsewhere.
#[must_use]
pub fn measures_table(summary: &Summary) -> Table {
    let interval = interval_name(summary);
    let head = ["Figure", "Value", &interval, "Meaning"];
    let mut table = Table::new(caption(summary), head);
    for Measure { metric, value, interval } in &summary.measures {
        table.push(vec![
            metric.name().into(),
            Cell::number(rounded(*value)),
            Cell::number(ranged(*interval)),
            metric.meaning().into(),
        ]);
    }
    table
}

/// A figure that stands out, with its interval beneath.
#[must_use]
pub fn measure_tile(measure: &Measure) -> Tile {
    let tile = Tile::new(measure.metric.name(), rounded(measure.value));
    match measure.interval {
        Some(_) => tile.with_note(ranged(measure.interval)),
        None => tile,
    }
}

fn interval_name(summary: &Summary) -> String {
    let level = summary.options.bootstrap.map_or(0.95, |bootstrap| bootstrap.level);
    format!("{} % interval", rounded_percent(level))
}

fn rounded_percent(share: f64) -> String {
    format!("{:.1}", 100.0 * share).trim_end_matches(".0").to_owned()
}

fn caption(summary: &Summary) -> String {
    let mut caption = format!("{} images", grouped(summary.examples));
    if let Some(positives) = summary.positives {
        caption += &format!(
            ", {} of them positive; positive from a probability of {} on",
            grouped(positives),
            rounded(Some(summary.options.threshold))
        );
    }
    if let Some(bootstrap) = summary.options.bootstrap {
        let units = if summary.groups < summary.examples { "groups" } else { "images" };
        caption += &format!(
            "; intervals from {} bootstrap resamples of {} {units}",
            grouped(bootstrap.resamples),
            grouped(summary.groups)
        );
    }
    caption
}

/// A row of figures for each subgroup; those that a subgroup is too small for are missing.
#[must_use]
pub fn subgroups(column: &str, subgroups: &[Subgroup], metrics: &[Metric]) -> Section {
    let names = metrics.iter().map(|metric| metric.name());
    let head = [column, "Images", "Positive"].into_iter().chain(names);
    let mut table = Table::new(format!("By {column}, with intervals"), head);
    for Subgroup { name, summary } in subgroups {
        let positives = summary.positives.map_or("–".to_owned(), grouped);
        let mut row = vec![
            name.as_str().into(),
            Cell::number(grouped(summary.examples)),
            Cell::number(positives),
        ];
        row.extend(metrics.iter().map(|&metric| Cell::number(with_interval(summary, metric))));
        table.push(row);
    }
    Section::new(format!("Subgroups by {column}")).with(table)
}

fn with_interval(summary: &Summary, metric: Metric) -> String {
    let Some(measure) = summary.get(metric) else { return rounded(None) };
    match measure.interval {
        Some(_) => format!("{} ({})", rounded(measure.value), ranged(measure.interval)),
        None => rounded(measure.value),
    }
}

/// The confusion matrix, or where there are more than 25 classes, those that are confused most.
#[must_use]
pub fn confusion(confusion: &Confusion, names: &[String]) -> Section {
    let section = Section::new("Confusion");
    if confusion.classes() <= MOST_CLASSES_IN_MATRIX {
        return section.with(Matrix::new(confusion.clone(), names));
    }
    let mut table = Table::new(
        format!("The most frequent confusions of {} classes", grouped(confusion.classes())),
        ["Truth", "Answer", "Images", "Share of the class"],
    );
    for (truth, predicted, count) in confusion.worst_pairs(WORST_PAIRS) {
        let share = count as f64 / confusion.class(truth).positives() as f64;
        table.push(vec![
            name_of(truth, names).into(),
            name_of(predicted, names).into(),
            Cell::number(count.to_string()),
            Cell::number(format!("{:.1} %", 100.0 * share)),
        ]);
    }
    section.with(table)
}

fn name_of(class: usize, names: &[String]) -> String {
    names.get(class).cloned().unwrap_or_else(|| class.to_string())
}

/// A row for each class: its images, and how well it is told from the rest. `areas` has the
/// one-vs-rest scores of each class where the probabilities are known, or nothing.
#[must_use]
pub fn per_class(confusion: &Confusion, names: &[String], areas: &[Scored]) -> Section {
    let mut head = vec!["Class", "Images", "Recall", "Precision", "F1"];
    if !areas.is_empty() {
        head.extend(["AUROC", "Average precision"]);
    }
    let mut table = Table::new("Each class against the rest", head);
    for (class, counts) in confusion.per_class().iter().enumerate() {
        let mut row = class_row(name_of(class, names), counts);
        if let Some(scored) = areas.get(class) {
            row.push(Cell::number(rounded(scored.auroc())));
            row.push(Cell::number(rounded(scored.average_precision())));
        }
        table.push(row);
    }
    Section::new("Classes").with(table)
}

fn class_row(name: String, counts: &Counts) -> Vec<Cell> {
    let number = |value| Cell::number(rounded(value));
    vec![
        name.into(),
        Cell::number(counts.positives().to_string()),
        number(counts.sensitivity()),
        number(counts.precision()),
        number(counts.f1()),
    ]
}
