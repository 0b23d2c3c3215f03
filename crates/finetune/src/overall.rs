//! All labels together, where images have several.

use resnet_metrics::{Interval, MultiLabel};
use serde::{Deserialize, Serialize};

use crate::{Answers, FinetuneError, Judgement, Plan};

/// A figure of all labels together.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OverallFigure {
    /// What it is called.
    pub name: String,
    /// What it says.
    pub meaning: String,
    /// How much it is; `None` where these images cannot tell.
    pub value: Option<f64>,
    /// Its 95 % interval, resampled by group.
    pub interval: Option<Interval>,
}

/// Names and meanings, in the order of [`row`].
const FIGURES: [(&str, &str); 4] = [
    ("Macro AUROC", "mean of the labels' AUROC"),
    ("Macro average precision", "mean of the labels' average precision"),
    ("Exact matches", "share of images with every known label right, at the labels' thresholds"),
    ("Hamming loss", "share of all answers about known labels that are wrong, at their thresholds"),
];

/// Figures of all labels together on the test images; none where images have one class.
///
/// # Errors
/// [`FinetuneError::Metrics`] if there are no answers.
pub fn overall(
    test: &Answers,
    judgements: &[Judgement],
    plan: &Plan,
) -> Result<Vec<OverallFigure>, FinetuneError> {
    if !test.is_multi_label() {
        return Ok(Vec::new());
    }
    let all = test.multi_label()?;
    let at = |judgement: &Judgement| judgement.operating.as_ref().map_or(0.5, |at| at.threshold);
    let thresholds: Vec<f64> = judgements.iter().map(at).collect();
    let drawn = |drawn: &[usize]| row(&all.resampled(drawn), &thresholds).to_vec();
    let intervals = plan.bootstrap().map(|draws| draws.intervals(&test.groups(), drawn));
    let intervals = intervals.unwrap_or_default();
    let intervals = intervals.into_iter().chain(std::iter::repeat(None));
    let values = row(&all, &thresholds).into_iter().zip(intervals);
    let figure = |(&(name, meaning), (value, interval)): (&(&str, &str), _)| OverallFigure {
        name: name.to_owned(),
        meaning: meaning.to_owned(),
        value,
        interval,
    };
    Ok(FIGURES.iter().zip(values).map(figure).collect())
}

fn row(all: &MultiLabel, thresholds: &[f64]) -> [Option<f64>; 4] {
    let at_thresholds = "a threshold for each label";
    [
        all.macro_auroc(),
        all.macro_average_precision(),
        all.exact_matches(thresholds).expect(at_thresholds),
        all.hamming_loss(thresholds).expect(at_thresholds),
    ]
}
