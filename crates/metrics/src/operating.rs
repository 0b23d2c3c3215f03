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
    /// The score from which on an example is taken for positive. `None` where the rule needs positives or
    /// negatives and there are none, or if the wanted share is not between 0 and 1.
    ///
    /// What is chosen lies in the middle between the lowest score that is taken for positive and the next
    /// lower one, so that no rounding of a score changes an answer about these examples: another device
    /// computes the same scores but for the last bits. Where all are taken for positive, or none, it is the
    /// middle to 0 or to 1, which probabilities do not exceed; half beyond the outermost score if that lies
    /// there already.
    #[must_use]
    pub fn threshold(&self, rule: OperatingRule) -> Option<f64> {
        let lowest = match rule {
            OperatingRule::Threshold(threshold) => return Some(threshold),
            OperatingRule::Youden => self.lowest_by_youden(),
            OperatingRule::Sensitivity(wanted) => self.lowest_for_sensitivity(wanted),
            OperatingRule::Specificity(wanted) => self.lowest_for_specificity(wanted),
        };
        lowest.map(|lowest| self.in_the_middle(lowest))
    }

    fn lowest_by_youden(&self) -> Option<Lowest> {
        let (positives, negatives) = (self.positives(), self.negatives());
        if positives == 0 || negatives == 0 {
            return None;
        }
        // The index times both counts: whole numbers, in which equals are equal.
        let index = |at: &Cumulative| {
            i128::from(at.true_positives) * i128::from(negatives)
                - i128::from(at.false_positives) * i128::from(positives)
        };
        let start = (0, Lowest::None);
        let best = self.cumulative().fold(start, |best, at| match index(&at) {
            value if value > best.0 => (value, Lowest::Score(at.score)),
            _ => best,
        });
        Some(best.1)
    }

    fn lowest_for_sensitivity(&self, wanted: f64) -> Option<Lowest> {
        let positives = self.positives();
        if positives == 0 || !(0.0..=1.0).contains(&wanted) {
            return None;
        }
        let enough = |found: u64| found as f64 / positives as f64 >= wanted;
        if enough(0) {
            return Some(Lowest::None);
        }
        let first = self.cumulative().find(|at| enough(at.true_positives));
        first.map(|at| Lowest::Score(at.score))
    }

    fn lowest_for_specificity(&self, wanted: f64) -> Option<Lowest> {
        let negatives = self.negatives();
        if negatives == 0 || !(0.0..=1.0).contains(&wanted) {
            return None;
        }
        let few = |at: &Cumulative| (negatives - at.false_positives) as f64 / negatives as f64;
        let low_enough = self.cumulative().take_while(|at| few(at) >= wanted);
        Some(low_enough.last().map_or(Lowest::None, |at| Lowest::Score(at.score)))
    }

    /// The threshold from which on exactly the scores from the `lowest` up are taken for positive.
    fn in_the_middle(&self, lowest: Lowest) -> f64 {
        let mut scores = self.cumulative().map(|at| at.score);
        let (above, below) = match lowest {
            Lowest::None => {
                let highest = scores.next().unwrap_or(0.0);
                (if highest < 1.0 { 1.0 } else { highest + 1.0 }, highest)
            }
            Lowest::Score(lowest) => {
                let end = if lowest > 0.0 { 0.0 } else { lowest - 1.0 };
                (lowest, scores.find(|&score| score < lowest).unwrap_or(end))
            }
        };
        // Between neighbouring numbers there is no middle.
        f64::midpoint(below, above).max(below.next_up())
    }
}

/// The lowest score that is taken for positive.
#[derive(Clone, Copy)]
enum Lowest {
    Score(f64),
    /// None is.
    None,
}
