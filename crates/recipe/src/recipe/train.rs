//! `[train]`: length, batch and seed.

use serde::{Deserialize, Serialize};

/// Length, batch and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Passes over the training set.
    pub epochs: u64,
    /// Images per optimizer step.
    pub batch_size: usize,
    /// Seed of the initial weights, the order and the augmentation.
    pub seed: u64,
    /// Epochs between evaluations on the validation set.
    pub epochs_between_evals: u64,
}
