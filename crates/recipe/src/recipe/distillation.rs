//! `[loss.distillation]`: learning from what another network says.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::{POSITIVE, ensure, positive};

/// Learning from what another network, the teacher, says about the same images
/// ([Hinton et al. 2015](https://arxiv.org/abs/1503.02531)): the loss is `(1 - alpha)` times the loss
/// without it plus `alpha * temperature²` times the divergence of both networks' probabilities at that
/// temperature.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Distillation {
    /// Weights of the teacher: a model folder, one of its checkpoints, or a safetensors file.
    pub teacher: PathBuf,
    /// The teacher's name in the zoo, for a file, which does not tell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub network: Option<String>,
    /// What logits are divided by before they become probabilities.
    pub temperature: f64,
    /// Share of the teacher.
    pub alpha: f64,
}

impl Distillation {
    pub(super) fn check(&self) -> Result<(), RecipeError> {
        let (temperature, alpha) = (self.temperature, self.alpha);
        ensure("loss.distillation.temperature", temperature, positive(temperature), POSITIVE)?;
        let share = (0.0..=1.0).contains(&alpha);
        ensure("loss.distillation.alpha", alpha, share, "must be from 0 to 1")
    }
}
