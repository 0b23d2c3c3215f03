//! The figures of all examples or of a resample, with everything that resamples share done once.

use super::several::Several;
use super::{Metric, SummaryOptions};
use crate::confusion::check_labels;
use crate::{MetricsError, Predictions, Reliability, Scored};

/// Figures in the order of a table.
pub(super) type Row = Vec<(Metric, Option<f64>)>;

/// What is to be told: of a yes-or-no question or of several classes.
pub(super) enum Figures<'a> {
    Binary(Binary<'a>),
    Several(Several<'a>),
}

impl<'a> Figures<'a> {
    pub(super) fn new(
        predictions: &'a Predictions,
        options: &'a SummaryOptions,
    ) -> Result<Self, MetricsError> {
        if predictions.is_empty() || options.bins == 0 {
            return Err(MetricsError::Empty);
        }
        Ok(match options.positive {
            Some(class) => {
                check_labels(&[class], predictions.classes())?;
                Self::Binary(Binary::new(predictions, class, options))
            }
            None => Self::Several(Several::new(predictions, options)),
        })
    }

    /// The figures of all examples.
    pub(super) fn whole(&self, everything: &[usize]) -> Row {
        match self {
            Self::Binary(binary) => binary.figures(everything),
            Self::Several(several) => several.whole(everything),
        }
    }

    /// The figures of a resample.
    pub(super) fn resampled(&self, drawn: &[usize]) -> Vec<Option<f64>> {
        let row = match self {
            Self::Binary(binary) => binary.figures(drawn),
            Self::Several(several) => several.resampled(drawn),
        };
        row.into_iter().map(|(_, value)| value).collect()
    }
}

/// A yes-or-no question: is it the positive class?
pub(super) struct Binary<'a> {
    scored: Scored,
    probabilities: Vec<f64>,
    positive: Vec<bool>,
    options: &'a SummaryOptions,
}

impl<'a> Binary<'a> {
    fn new(predictions: &Predictions, class: usize, options: &'a SummaryOptions) -> Self {
        let examples = 0..predictions.len();
        Self {
            scored: predictions.one_vs_rest(class),
            probabilities: examples.map(|example| predictions.row(example)[class]).collect(),
            positive: predictions.truth().iter().map(|&truth| truth == class).collect(),
            options,
        }
    }

    fn figures(&self, drawn: &[usize]) -> Row {
        let scored = self.scored.resampled(drawn);
        let counts = scored.counts_at(self.options.threshold);
        let mut row = vec![
            (Metric::Auroc, scored.auroc()),
            (Metric::AveragePrecision, scored.average_precision()),
            (Metric::Sensitivity, counts.sensitivity()),
            (Metric::Specificity, counts.specificity()),
            (Metric::Ppv, counts.precision()),
            (Metric::Npv, counts.npv()),
        ];
        if let Some(prevalence) = self.options.prevalence {
            row.push((Metric::PpvAtPrevalence, counts.ppv_at(prevalence)));
            row.push((Metric::NpvAtPrevalence, counts.npv_at(prevalence)));
        }
        row.extend([
            (Metric::Accuracy, counts.accuracy()),
            (Metric::BalancedAccuracy, counts.balanced_accuracy()),
            (Metric::F1, counts.f1()),
            (Metric::Mcc, counts.mcc()),
            (Metric::Kappa, counts.kappa()),
            (Metric::Brier, scored.brier()),
            (Metric::LogLoss, scored.log_loss()),
            (Metric::CalibrationError, self.calibration_error(drawn)),
        ]);
        row
    }

    fn calibration_error(&self, drawn: &[usize]) -> Option<f64> {
        calibration_error(&self.probabilities, &self.positive, drawn, self.options.bins)
    }
}

/// The expected calibration error of the examples `drawn`; `None` of none.
pub(super) fn calibration_error(
    probabilities: &[f64],
    came_true: &[bool],
    drawn: &[usize],
    bins: usize,
) -> Option<f64> {
    let (probabilities, came_true): (Vec<f64>, Vec<bool>) =
        drawn.iter().map(|&example| (probabilities[example], came_true[example])).unzip();
    let reliability = Reliability::new(&probabilities, &came_true, bins).ok()?;
    Some(reliability.expected_error())
}
