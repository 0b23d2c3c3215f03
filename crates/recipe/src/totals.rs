//! Sums over examples, and the averages made of them.

use serde::{Deserialize, Serialize};

/// Sums over the examples seen so far; every example weighs the same, also in a short last batch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Totals {
    /// Examples counted (padding and unreadable images are not).
    pub examples: f64,
    /// Cross-entropy, in nats, with the recipe's label smoothing.
    pub cross_entropy: f64,
    /// Examples whose label has the highest logit.
    pub top1: f64,
    /// Examples whose label is among the five highest logits.
    pub top5: f64,
}

impl Totals {
    /// Adds the sums of other examples.
    pub fn add(&mut self, other: &Self) {
        self.examples += other.examples;
        self.cross_entropy += other.cross_entropy;
        self.top1 += other.top1;
        self.top5 += other.top5;
    }

    /// The averages, or `None` before the first example.
    #[must_use]
    pub fn averages(&self) -> Option<Averages> {
        (self.examples > 0.0).then(|| Averages {
            cross_entropy: self.cross_entropy / self.examples,
            top1: self.top1 / self.examples,
            top5: self.top5 / self.examples,
        })
    }
}

/// Averages over examples.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Averages {
    /// Cross-entropy in nats.
    pub cross_entropy: f64,
    /// Share, 0 to 1, of examples whose label has the highest logit.
    pub top1: f64,
    /// Share, 0 to 1, of examples whose label is among the five highest logits.
    pub top5: f64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_batch_weighs_by_its_examples() {
        let mut totals = Totals { examples: 3.0, cross_entropy: 3.0, top1: 3.0, top5: 3.0 };
        totals.add(&Totals { examples: 1.0, cross_entropy: 5.0, top1: 0.0, top5: 1.0 });
        let averages = totals.averages().expect("four examples");
        assert_eq!(averages, Averages { cross_entropy: 2.0, top1: 0.75, top5: 1.0 });
    }

    #[test]
    fn nothing_has_no_average() {
        assert_eq!(Totals::default().averages(), None);
    }
}
