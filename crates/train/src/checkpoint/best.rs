//! The best evaluation, and by what evaluations are compared.

use resnet_recipe::Averages;
use serde::{Deserialize, Serialize};

/// The best evaluation of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Optimizer steps done at the time.
    pub step: u64,
    /// Share of validation images, 0 to 1, that were right.
    pub top1: f64,
    /// Cross-entropy on them, in nats; `None` if it is infinite or not a number, and in checkpoints of
    /// earlier versions.
    #[serde(default)]
    pub loss: Option<f64>,
}

impl Best {
    /// What an evaluation after `step` steps has shown.
    pub(crate) fn of(step: u64, averages: &Averages) -> Self {
        let loss = Some(averages.cross_entropy).filter(|loss| loss.is_finite());
        Self { step, top1: averages.top1, loss }
    }
}

/// By what evaluations are compared: which weights become `best.safetensors`, and which checkpoints
/// [`Keep::best`](super::Keep::best) means.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum BestBy {
    /// The larger share of validation images that are right.
    #[default]
    Top1,
    /// The smaller cross-entropy on them: for classes of different size, where the share that is right
    /// says little.
    Loss,
}

impl BestBy {
    /// Whether `new` is better than `old`.
    pub(crate) fn prefers(self, new: &Best, old: &Best) -> bool {
        match (self, new.loss, old.loss) {
            (Self::Top1, ..) => new.top1 > old.top1,
            (Self::Loss, Some(new), Some(old)) => new < old,
            (Self::Loss, new, old) => new.is_some() && old.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn best(top1: f64, cross_entropy: f64) -> Best {
        Best::of(1, &Averages { cross_entropy, top1, top5: 1.0 })
    }

    #[test]
    fn evaluations_are_compared_by_the_share_or_by_the_loss() {
        let (sure, right) = (best(0.8, 0.4), best(0.9, 0.6));
        assert!(BestBy::Top1.prefers(&right, &sure) && !BestBy::Top1.prefers(&sure, &right));
        assert!(BestBy::Loss.prefers(&sure, &right) && !BestBy::Loss.prefers(&right, &sure));
        assert!(!BestBy::Loss.prefers(&sure, &sure), "equal is not better");
    }

    #[test]
    fn a_loss_that_is_no_number_or_unknown_is_worse_than_any() {
        let (known, unknown) = (best(0.1, 9.0), Best { step: 1, top1: 0.1, loss: None });
        for worse in [best(0.1, f64::NAN), best(0.1, f64::INFINITY), unknown] {
            assert!(BestBy::Loss.prefers(&known, &worse) && !BestBy::Loss.prefers(&worse, &known));
            assert!(!BestBy::Loss.prefers(&worse, &unknown), "equal is not better");
        }
    }
}
