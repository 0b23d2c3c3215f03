//! The recipe: every number that decides the result of a run.

mod architecture;
mod augment;
mod check;
mod check_schedule;
mod class_weights;
mod crop;
mod data;
mod distillation;
mod ema;
mod error;
mod layers;
mod loss;
mod model;
mod optimizer;
mod overrides;
mod pixels;
mod read;
mod resolution;
mod resume;
mod sampler;
mod schedule;
mod train;

use serde::{Deserialize, Serialize};

pub use architecture::{
    Activation, AntiAlias, Attention, Block, Norm, Pooling, Shortcut, StemKind, StemPool, Version,
};
pub use augment::{Augment, Sampling};
pub use class_weights::{ClassWeights, effective_number};
pub use crop::{Crop, Interpolation, ValidationCrop};
pub use data::{BadImages, Data};
pub use distillation::Distillation;
pub use ema::Ema;
pub use error::RecipeError;
pub(crate) use error::closest;
pub use loss::{Loss, LossKind};
pub use model::{FreezeUntil, Model};
pub use optimizer::{Clip, Optimizer, Rule};
pub use pixels::{Bits, Channels, Dicom, Frame, Window};
pub use resolution::ProgressiveResolution;
pub use sampler::{Sampler, ValidationViews};
pub use schedule::{Decay, LrScaling, Schedule, Warmup};
pub use train::{GradientExchange, Precision, Train};

/// Everything that decides the result of a run; [`presets`](crate::presets) has complete ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The network.
    pub model: Model,
    /// The images and what is done to them.
    pub data: Data,
    /// Small images first, if training images grow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resolution: Option<ProgressiveResolution>,
    /// How gradients become a step.
    pub optimizer: Optimizer,
    /// What a prediction costs.
    #[serde(default)]
    pub loss: Loss,
    /// The running mean of the weights, if one is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ema: Option<Ema>,
    /// The learning rate.
    pub schedule: Schedule,
    /// Length, batch and seed.
    pub train: Train,
}

impl Recipe {
    /// Reads a recipe written by [`to_toml`](Self::to_toml).
    ///
    /// # Errors
    /// [`RecipeError`]: with the line for bad syntax, an unknown key (with the nearest known one) or
    /// a value of the wrong type; with the key for a missing one or a value that makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let (recipe, _) = read::read(toml::from_str(text)?).map_err(|error| error.in_text(text))?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a recipe has only plain keys and finite depth")
    }
}

/// The default of counts.
fn one() -> usize {
    1
}
