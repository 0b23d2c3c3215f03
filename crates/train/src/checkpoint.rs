//! The state of a run on disk: complete, or not there.
//!
//! A checkpoint is a folder `checkpoints/step-000000001234` with the model, the optimizer's state and
//! the running means of the weights as safetensors, the recipe, the position, and `SHA256SUMS` over all of them (which
//! `sha256sum -c` reads too). It is written under another name, flushed to the disk and renamed: a
//! folder of that name is whole, whenever the program was killed. What the disk damaged later is
//! found by the sums when it is read.

mod best;
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

pub use best::{Best, BestBy};
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
    /// Their cross-entropy, in nats, if it is finite.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub score_loss: Option<f64>,
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
        // After a roll-back the best weights may be of this step and yet of an earlier attempt at it.
        self.score.is_some() && self.best == self.evaluation()
    }

    /// How good exactly these weights are, where they were evaluated.
    pub(crate) fn evaluation(&self) -> Option<Best> {
        Some(Best { step: self.step, top1: self.score?, loss: self.score_loss })
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
