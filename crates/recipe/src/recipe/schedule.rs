//! `[schedule]`: the learning rate over the run.

use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::LrSchedule;
use crate::schedule::DecaySteps;

/// The learning rate over the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Learning rate for a batch of 256; scaled by `batch_size / 256`
    /// ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677)).
    pub base_lr: f64,
    /// Epochs of linear warm-up from zero.
    pub warmup_epochs: f64,
    /// What follows the warm-up.
    pub decay: Decay,
}

/// What follows the warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decay {
    /// Multiplied by `factor` at the start of each of `epochs`.
    Step {
        /// Epochs, ascending.
        epochs: Vec<f64>,
        /// Multiplier.
        factor: f64,
    },
    /// Half a cosine to zero at the end of the run.
    Cosine,
}

impl Recipe {
    /// The learning rate of this recipe for an epoch of `steps_per_epoch` optimizer steps.
    #[must_use]
    pub fn lr_schedule(&self, steps_per_epoch: u64) -> LrSchedule {
        let to_steps = |epochs: f64| (epochs * steps_per_epoch as f64).round() as u64;
        LrSchedule {
            peak: self.schedule.base_lr * self.train.batch_size as f64 / 256.0,
            warmup_steps: to_steps(self.schedule.warmup_epochs),
            decay: match &self.schedule.decay {
                Decay::Step { epochs, factor } => DecaySteps::Step {
                    boundaries: epochs.iter().copied().map(to_steps).collect(),
                    factor: *factor,
                },
                Decay::Cosine => {
                    DecaySteps::Cosine { total_steps: self.train.epochs * steps_per_epoch }
                }
            },
        }
    }
}
