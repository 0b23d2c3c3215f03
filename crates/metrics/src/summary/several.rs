//! The figures of several classes.

use super::figures::{Row, calibration_error};
use super::{Metric, SummaryOptions};
use crate::counts::mean;
use crate::margins::Margins;
use crate::{Decision, Predictions, Scored};

/// Up to so many classes, one against the rest is resampled.
const MOST_RESAMPLED_CLASSES: usize = 100;

/// What is known of each example, so that a resample only adds up.
pub(super) struct Several<'a> {
    predictions: &'a Predictions,
    options: &'a SummaryOptions,
    /// Empty where there are too many classes to resample.
    one_vs_rest: Vec<Scored>,
    answers: Vec<usize>,
    confidences: Vec<f64>,
    hits: Vec<bool>,
    /// `None` where five answers are always right.
    top5: Option<Vec<bool>>,
    log_losses: Vec<f64>,
    briers: Vec<f64>,
}

/// Means of one class against the rest.
#[derive(Clone, Copy, Default)]
struct Areas {
    auroc: Option<f64>,
    average_precision: Option<f64>,
}

impl<'a> Several<'a> {
    pub(super) fn new(predictions: &'a Predictions, options: &'a SummaryOptions) -> Self {
        let classes = predictions.classes();
        let few = classes <= MOST_RESAMPLED_CLASSES && options.bootstrap.is_some();
        let resampled = if few { 0..classes } else { 0..0 };
        Self {
            one_vs_rest: resampled.map(|class| predictions.one_vs_rest(class)).collect(),
            answers: predictions.answers(Decision::MostProbable),
            confidences: predictions.confidences(),
            hits: predictions.hits(),
            top5: (classes > 5).then(|| predictions.top_k_hits(5)),
            log_losses: predictions.log_losses(),
            briers: predictions.briers(),
            predictions,
            options,
        }
    }

    pub(super) fn whole(&self, everything: &[usize]) -> Row {
        let areas = Areas {
            auroc: self.predictions.macro_auroc(),
            average_precision: self.predictions.macro_average_precision(),
        };
        self.figures(everything, areas)
    }

    pub(super) fn resampled(&self, drawn: &[usize]) -> Row {
        let resamples = self.one_vs_rest.iter().map(|scored| scored.resampled(drawn));
        let areas: (Vec<_>, Vec<_>) =
            resamples.map(|scored| (scored.auroc(), scored.average_precision())).unzip();
        let areas = Areas {
            auroc: mean(areas.0.into_iter().flatten()),
            average_precision: mean(areas.1.into_iter().flatten()),
        };
        self.figures(drawn, areas)
    }

    fn figures(&self, drawn: &[usize], areas: Areas) -> Row {
        let cells = drawn.iter().map(|&n| (self.predictions.truth()[n], self.answers[n], 1));
        let margins = Margins::counted(self.predictions.classes(), cells);
        let mut row = vec![(Metric::Accuracy, margins.accuracy())];
        if let Some(hits) = &self.top5 {
            row.push((Metric::Top5, mean(drawn.iter().map(|&n| f64::from(u8::from(hits[n]))))));
        }
        row.extend([
            (Metric::BalancedAccuracy, margins.balanced_accuracy()),
            (Metric::Auroc, areas.auroc),
            (Metric::AveragePrecision, areas.average_precision),
            (Metric::MacroPrecision, margins.macro_precision()),
            (Metric::F1, margins.macro_f1()),
            (Metric::Mcc, margins.mcc()),
            (Metric::Kappa, margins.kappa()),
        ]);
        if self.options.ordered {
            row.push((Metric::QuadraticKappa, margins.quadratic_kappa()));
        }
        row.extend([
            (Metric::Brier, mean(drawn.iter().map(|&n| self.briers[n]))),
            (Metric::LogLoss, mean(drawn.iter().map(|&n| self.log_losses[n]))),
            (Metric::CalibrationError, self.calibration_error(drawn)),
        ]);
        row
    }

    fn calibration_error(&self, drawn: &[usize]) -> Option<f64> {
        calibration_error(&self.confidences, &self.hits, drawn, self.options.bins)
    }
}
