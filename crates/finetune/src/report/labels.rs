//! How good the network is at each of several labels.

use resnet_metrics::{Metric, Reliability, Scored};
use resnet_report::{Block, Cell, Section, Table, Tile, ranged, rounded, sections};

use super::figures::Question;
use crate::{Answers, FinetuneError, Judgement, OverallFigure};

/// Labels that have a curve each.
const MOST_CURVES: usize = 6;

/// How good a network is at several labels.
#[derive(Debug, Clone, Copy)]
pub struct LabelResults<'a> {
    /// Each label by itself ([`judge_all`](crate::judge_all)).
    pub judgements: &'a [Judgement],
    /// All labels together ([`overall`](crate::overall())).
    pub overall: &'a [OverallFigure],
    /// The answers that were judged.
    pub test: &'a Answers,
    /// The column of the subgroups.
    pub subgroup: Option<&'a str>,
}

/// The figures of all labels together, of each beside the others, their curves, and then each by
/// itself, as sections of a report.
///
/// # Errors
/// [`FinetuneError::Metrics`] if there are no answers.
pub fn label_sections(results: &LabelResults<'_>) -> Result<Vec<Section>, FinetuneError> {
    let mut all = vec![headline(results), beside_each_other(results), curves(results)?];
    for (number, judgement) in results.judgements.iter().enumerate() {
        let test = &results.test.question(number);
        let question = Question { judgement, validation: None, test };
        let label = &results.test.classes[number];
        all.push(question.measures(&format!("Label {label}")));
        let column = results.subgroup.map(|column| format!("{column}, {label}"));
        all.extend(column.and_then(|column| question.subgroups(&column)));
    }
    Ok(all)
}

fn headline(results: &LabelResults<'_>) -> Section {
    let count = results.judgements.len();
    let what = match results.judgements.first() {
        None => "No label".to_owned(),
        Some(Judgement { test, .. }) => format!(
            "{} test images of {} groups, {count} labels, each a question of its own",
            test.examples, test.groups
        ),
    };
    let tile = |figure: &OverallFigure| {
        let tile = Tile::new(figure.name.as_str(), rounded(figure.value));
        match figure.interval {
            Some(_) => tile.with_note(ranged(figure.interval)),
            None => tile,
        }
    };
    sections::headline(what, results.overall.iter().take(3).map(tile))
}

fn beside_each_other(results: &LabelResults<'_>) -> Section {
    let mut together = Table::new("All labels", ["Figure", "Value", "95 % interval", "Meaning"]);
    for figure in results.overall {
        together.push(vec![
            figure.name.as_str().into(),
            Cell::number(rounded(figure.value)),
            Cell::number(ranged(figure.interval)),
            figure.meaning.as_str().into(),
        ]);
    }
    let shown = [Metric::Auroc, Metric::AveragePrecision, Metric::Sensitivity, Metric::Specificity];
    let head = ["Label", "With it", "Threshold"].into_iter().chain(shown.map(Metric::name));
    let mut each = Table::new("Each label", head);
    for judgement in results.judgements {
        each.push(row(judgement, &shown));
    }
    Section::new("Labels").with(together).with(each)
}

fn row(judgement: &Judgement, shown: &[Metric]) -> Vec<Cell> {
    let number = |value| Cell::number(rounded(value));
    let positives = judgement.test.positives.unwrap_or_default();
    let threshold = judgement.operating.as_ref().map(|operating| operating.threshold);
    let name = judgement.label.clone().unwrap_or_default();
    let mut row = vec![name.into(), Cell::number(positives.to_string()), number(threshold)];
    row.extend(shown.iter().map(|&metric| number(judgement.value(metric))));
    row
}

/// Of the first labels.
fn curves(results: &LabelResults<'_>) -> Result<Section, FinetuneError> {
    let test = results.test;
    let shown = 0..test.classes.len().min(MOST_CURVES);
    let questions: Vec<Answers> = shown.clone().map(|label| test.question(label)).collect();
    let scores = test.multi_label()?;
    let scored: Vec<Scored> = shown.map(|label| scores.label(label)).collect();
    let reliable = questions.iter().zip(results.judgements);
    let reliable = reliable
        .map(|(test, judgement)| Question { judgement, validation: None, test }.reliability());
    let reliable: Vec<Reliability> = reliable.collect::<Result<_, _>>()?;
    let names = || test.classes.iter().map(String::as_str);
    let named: Vec<(&str, &Scored)> = names().zip(&scored).collect();
    let reliable: Vec<(&str, &Reliability)> = names().zip(&reliable).collect();
    let charts = vec![
        sections::roc_chart(&named, None),
        sections::pr_chart(&named, None),
        sections::reliability_chart(&reliable),
    ];
    Ok(Section::new("Curves").with(Block::Charts(charts)))
}
