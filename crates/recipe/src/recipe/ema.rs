//! `[ema]`: a running mean of the weights.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::{FRACTION, ensure, in_unit};

/// A running mean of the weights and of BatchNorm's statistics, which is what is evaluated and kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ema {
    /// Share of the old mean at each update.
    pub decay: f64,
    /// Optimizer steps between updates.
    #[serde(default = "super::one")]
    pub every: usize,
}

impl Ema {
    pub(super) fn check(self) -> Result<(), RecipeError> {
        ensure("ema.decay", self.decay, in_unit(self.decay), FRACTION)?;
        ensure("ema.every", self.every, self.every > 0, "must be at least 1")
    }
}
