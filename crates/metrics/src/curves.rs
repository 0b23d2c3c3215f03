//! The curves of scores: what every threshold would give.

use serde::{Deserialize, Serialize};

use crate::Scored;
use crate::scored::Cumulative;

/// A point of the receiver operating characteristic.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct RocPoint {
    /// Examples with this score or more are taken for positive; `None` at the start, where no example
    /// is.
    pub threshold: Option<f64>,
    /// Share of the negatives taken for positive, 0 to 1: one minus the specificity.
    pub false_positive_rate: f64,
    /// Share of the positives taken for positive, 0 to 1: the sensitivity.
    pub true_positive_rate: f64,
}

/// A point of the precision-recall curve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PrPoint {
    /// Examples with this score or more are taken for positive.
    pub threshold: f64,
    /// Share of the positives that are found, 0 to 1.
    pub recall: f64,
    /// Share of the examples taken for positive that are, 0 to 1.
    pub precision: f64,
}

impl Scored {
    /// The ROC curve from (0, 0) to (1, 1), a point for each different score, highest first. `None`
    /// unless there are positives and negatives.
    #[must_use]
    pub fn roc_curve(&self) -> Option<Vec<RocPoint>> {
        let (positives, negatives) = (self.positives() as f64, self.negatives() as f64);
        let point = |at: Cumulative| RocPoint {
            threshold: Some(at.score),
            false_positive_rate: at.false_positives as f64 / negatives,
            true_positive_rate: at.true_positives as f64 / positives,
        };
        let start = RocPoint { threshold: None, false_positive_rate: 0.0, true_positive_rate: 0.0 };
        (positives > 0.0 && negatives > 0.0)
            .then(|| std::iter::once(start).chain(self.cumulative().map(point)).collect())
    }

    /// The precision-recall curve, a point for each different score, highest first. `None` without
    /// positives.
    #[must_use]
    pub fn pr_curve(&self) -> Option<Vec<PrPoint>> {
        let positives = self.positives() as f64;
        let point = |at: Cumulative| PrPoint {
            threshold: at.score,
            recall: at.true_positives as f64 / positives,
            precision: at.true_positives as f64 / (at.true_positives + at.false_positives) as f64,
        };
        (positives > 0.0).then(|| self.cumulative().map(point).collect())
    }
}
