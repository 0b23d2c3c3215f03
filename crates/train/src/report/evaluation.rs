//! The report of an evaluation.

use resnet_metrics::{Reliability, Scored, Subgroup, Summary};
use resnet_report::{Block, Chart, Report, Section, grouped, sections};

use super::Judged;
use crate::TrainError;

/// So many figures stand out.
const TILES: usize = 4;

/// Up to so many classes have a curve each.
const MOST_CURVES: usize = 6;

/// The report of what a network said about images: the figures of `summary`, which are of the same
/// examples, with `notes` about how they came about, curves, confusion, classes and pictures; and those of
/// `subgroups`, with the name of the column that tells them apart.
///
/// # Errors
/// [`TrainError::Data`] if a picture cannot be read again.
pub fn evaluation_report(
    title: &str,
    judged: &Judged,
    summary: &Summary,
    notes: &[String],
    subgroups: Option<(&str, &[Subgroup])>,
) -> Result<Report, TrainError> {
    let mut report = Report::new(title);
    let images = format!("{} images.", grouped(summary.examples));
    report.push(sections::headline(
        images,
        summary.measures.iter().take(TILES).map(sections::measure_tile),
    ));
    let figures = sections::measures("Figures", summary);
    let noted = |section: Section, note: &String| section.with(Block::Text(note.clone()));
    report.push(notes.iter().fold(figures, noted));
    report.push(Section::new("Curves").with(curves(judged, summary)?));
    if let Some((column, subgroups)) = subgroups {
        report.push(sections::subgroups(column, subgroups, &summary.telling()));
    }
    judged.sections()?.into_iter().for_each(|section| report.push(section));
    report.push(network(judged));
    Ok(report)
}

/// ROC and precision-recall: of the positive class with its operating point, or of each class.
fn curves(judged: &Judged, summary: &Summary) -> Result<Vec<Chart>, TrainError> {
    let (predictions, names) = (judged.predictions(), judged.classes());
    let classes = match summary.options.positive {
        Some(class) => class..class + 1,
        None => 0..predictions.classes().min(MOST_CURVES),
    };
    let threshold = summary.options.positive.map(|_| summary.options.threshold);
    let scored: Vec<(&str, Scored)> =
        classes.map(|class| (names[class].as_str(), predictions.one_vs_rest(class))).collect();
    let named: Vec<(&str, &Scored)> = scored.iter().map(|(name, scored)| (*name, scored)).collect();
    let mut charts =
        vec![sections::roc_chart(&named, threshold), sections::pr_chart(&named, threshold)];
    if let Some(class) = summary.options.positive {
        let probabilities: Vec<f64> =
            (0..predictions.len()).map(|n| predictions.row(n)[class]).collect();
        let came_true: Vec<bool> = predictions.truth().iter().map(|&t| t == class).collect();
        let reliability = Reliability::new(&probabilities, &came_true, summary.options.bins)?;
        charts.push(sections::reliability_chart(&[(&names[class], &reliability)]));
    }
    Ok(charts)
}

fn network(judged: &Judged) -> Section {
    let recipe = judged.recipe();
    let fact = |name: &str, value: String| (name.to_owned(), value);
    let weights = judged.weights().map(|path| path.display().to_string());
    let mut facts = vec![
        fact("Network", recipe.model.name.clone()),
        fact("Weights", weights.collect::<Vec<_>>().join(", ")),
        fact("Input", format!("{0} × {0} pixels", recipe.data.validation_side())),
        fact("Images", judged.source().describe()),
        fact("Program", format!("resnet {}", env!("CARGO_PKG_VERSION"))),
    ];
    facts.extend(sections::machine());
    Section::new("Model").with(Block::Facts(facts))
}
