//! The state of a run on disk: complete, or not there.
//!
//! A checkpoint is a folder `checkpoints/step-000000001234` with the model, the optimizer's state and
//! the running means of the weights as safetensors, the recipe, the position, and `SHA256SUMS` over all of them (which
//! `sha256sum -c` reads too). It is written under another name, flushed to the disk and renamed: a
//! folder of that name is whole, whenever the program was killed. What the disk damaged later is
//! found by the sums when it is read.

mod error;
mod files;
mod keep;
mod store;
mod sums;
mod writer;

use resnet_recipe::{PlateauState, Recipe, Totals};
use serde::{Deserialize, Serialize};

use crate::identity::Identity;
use crate::state::LearnerState;
use crate::stopping::Progress;

pub use error::CheckpointError;
pub use files::{load, load_model};
pub use keep::Keep;
pub use store::{Found, Store};
pub use writer::{Writer, Written};

pub(crate) use files::{read_recipe, write_tensors};
pub(crate) use store::step_of;
pub(crate) use sums::sum;

/// Version of the layout; a reader refuses newer ones.
const FORMAT: u32 = 2;

/// Where a run stands.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Position {
    /// Optimizer steps done; epoch and batch follow from it.
    pub step: u64,
    /// Sums over the examples of the epoch in progress. At the last step of an epoch they are empty,
    /// unless the run was stopped before the epoch's evaluation.
    pub epoch_totals: Totals,
    /// Unreadable images of the epoch in progress.
    pub epoch_bad_images: Vec<String>,
    /// The best evaluation so far.
    pub best: Option<Best>,
    /// Top-1 accuracy, 0 to 1, of exactly these weights, where they were evaluated.
    pub score: Option<f64>,
    /// How often the run went back to a checkpoint because of a loss that is not finite; each time
    /// halves the learning rate.
    pub rollbacks: u32,
    /// The step of the checkpoint that the run last went back to; if it comes to grief from there once
    /// more, an older one is taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back_to: Option<u64>,
    /// What early stopping has seen.
    pub progress: Option<Progress>,
    /// What the learning rate's decay on a plateau has seen.
    #[serde(default)]
    pub plateau: PlateauState,
    /// The images that the run learns from and is judged by.
    pub images: Option<Identity>,
}

impl Position {
    /// Whether these are the best weights of the run so far.
    pub(crate) fn is_best(&self) -> bool {
        self.score.is_some() && self.best.is_some_and(|best| best.step == self.step)
    }
}

/// The best evaluation of a run.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Optimizer steps done at the time.
    pub step: u64,
    /// Share of validation images, 0 to 1, that were right.
    pub top1: f64,
    /// Cross-entropy on them, in nats; unknown in checkpoints of earlier versions.
    #[serde(default)]
    pub loss: Option<f64>,
}

/// By what evaluations are compared: which weights become `best.safetensors`.
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
            (Self::Loss, Some(new), Some(old)) => new < old || old.is_nan(),
            (Self::Loss, new, _) => new.is_some(),
        }
    }
}

/// Everything needed to go on as if nothing had happened.
#[derive(Debug, Clone)]
pub struct Checkpoint {
    /// Model, optimizer and running means.
    pub learner: LearnerState,
    /// Where the run stands.
    pub position: Position,
    /// The recipe in force.
    pub recipe: Recipe,
}

#[cfg(test)]
mod tests {
    use super::{Best, BestBy};

    fn best(top1: f64, loss: Option<f64>) -> Best {
        Best { step: 1, top1, loss }
    }

    #[test]
    fn evaluations_are_compared_by_the_share_or_by_the_loss() {
        let (sure, right) = (best(0.8, Some(0.4)), best(0.9, Some(0.6)));
        assert!(BestBy::Top1.prefers(&right, &sure) && !BestBy::Top1.prefers(&sure, &right));
        assert!(BestBy::Loss.prefers(&sure, &right) && !BestBy::Loss.prefers(&right, &sure));
        assert!(!BestBy::Loss.prefers(&sure, &sure), "equal is not better");
    }

    #[test]
    fn a_loss_that_is_no_number_or_unknown_is_worse_than_any() {
        let (known, nan, unknown) =
            (best(0.1, Some(9.0)), best(0.1, Some(f64::NAN)), best(0.1, None));
        for worse in [&nan, &unknown] {
            assert!(BestBy::Loss.prefers(&known, worse) && !BestBy::Loss.prefers(worse, &known));
        }
    }
}
