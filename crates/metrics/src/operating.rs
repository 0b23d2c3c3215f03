//! How a threshold is chosen. On validation data, never on those that the result is reported for.

use serde::{Deserialize, Serialize};

use crate::Scored;
use crate::scored::Cumulative;

/// What a threshold has to achieve.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OperatingRule {
    /// The largest sum of sensitivity and specificity (Youden's index); of equals the highest
    /// threshold.
    Youden,
    /// At least this sensitivity, 0 to 1, with the highest specificity that allows.
    Sensitivity(f64),
    /// At least this specificity, 0 to 1, with the highest sensitivity that allows.
    Specificity(f64),
    /// This threshold.
    Threshold(f64),
}

impl Scored {
    /// The score from which on an example is taken for positive. Lies above every score where none may
    /// be. `None` where the rule needs positives or negatives and there are none, or if the wanted
    /// share is not between 0 and 1.
    #[must_use]
    pub fn threshold(&self, rule: OperatingRule) -> Option<f64> {
        match rule {
            OperatingRule::Youden => self.youden_threshold(),
            OperatingRule::Sensitivity(wanted) => self.threshold_for_sensitivity(wanted),
            OperatingRule::Specificity(wanted) => self.threshold_for_specificity(wanted),
            OperatingRule::Threshold(threshold) => Some(threshold),
        }
    }

    fn youden_threshold(&self) -> Option<f64> {
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives == 0 || negatives == 0 {
            return None;
        }
        // The index times both counts: whole numbers, in which equals are equal.
        let index = |at: &Cumulative| {
            i128::from(at.true_positives) * i128::from(negatives)
                - i128::from(at.false_positives) * i128::from(positives)
        };
        let start = (0, self.above_all());
        let best = self.cumulative().fold(start, |best, at| match index(&at) {
            value if value > best.0 => (value, at.score),
            _ => best,
        });
        Some(best.1)
    }

    fn threshold_for_sensitivity(&self, wanted: f64) -> Option<f64> {
        let positives = self.positives();
        if positives == 0 || !(0.0..=1.0).contains(&wanted) {
            return None;
        }
        let enough = |found: u64| found as f64 / positives as f64 >= wanted;
        if enough(0) {
            return Some(self.above_all());
        }
        self.cumulative().find(|at| enough(at.true_positives)).map(|at| at.score)
    }

    fn threshold_for_specificity(&self, wanted: f64) -> Option<f64> {
        let negatives = self.negatives();
        if negatives == 0 || !(0.0..=1.0).contains(&wanted) {
            return None;
        }
        let few = |at: &Cumulative| (negatives - at.false_positives) as f64 / negatives as f64;
        let low_enough = self.cumulative().take_while(|at| few(at) >= wanted);
        Some(low_enough.last().map_or_else(|| self.above_all(), |at| at.score))
    }

    /// A threshold that nothing reaches.
    fn above_all(&self) -> f64 {
        self.cumulative().next().map_or(0.0, |first| first.score.next_up())
    }
}
