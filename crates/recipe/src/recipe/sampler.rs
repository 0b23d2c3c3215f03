//! `data.sampler`: which training images an epoch has.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::ensure;

/// Which training images an epoch has; their order is random and depends on the seed alone.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Sampler {
    /// Every image once.
    #[default]
    Shuffle,
    /// As many draws as there are images, each class equally likely, whatever its number of images.
    Balanced,
    /// As many draws as there are images, each in proportion to the weight that the data set gives it.
    Weighted,
    /// Every image several times, each time varied anew; an epoch is as many times longer
    /// ([Hoffer et al. 2019](https://arxiv.org/abs/1901.09335)).
    Repeated {
        /// How often.
        times: u32,
    },
}

/// How many looks an evaluation takes at an image; their logits are averaged.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ValidationViews {
    /// One.
    #[default]
    Single,
    /// The image and its mirror image.
    Flip,
    /// The corners and the centre of the resized image, and the same of its mirror image: ten looks. Only
    /// with the validation crop `resize-center-crop`.
    TenCrop,
}

impl Sampler {
    /// How many draws an epoch has for each image.
    pub(super) fn times(self) -> u32 {
        match self {
            Self::Repeated { times } => times,
            Self::Shuffle | Self::Balanced | Self::Weighted => 1,
        }
    }

    pub(super) fn check(self) -> Result<(), RecipeError> {
        let Self::Repeated { times } = self else { return Ok(()) };
        let known = (1..=1024).contains(&times);
        ensure("data.sampler.repeated.times", times, known, "must be from 1 to 1024")
    }
}
