//! Mixtures of images: mixup and cutmix, on the device.

use std::ops::Range;

use burn::tensor::{Int, Tensor};
use resnet_data::SampleRng;
use resnet_recipe::Loss;

use crate::loss::Targets;

/// Mixes each image of a batch with that which stands at the same place from the end. What is drawn
/// depends on the seed, the step and the part of the batch alone.
#[derive(Debug, Clone, Copy)]
pub struct Mixer {
    mixup: f64,
    cutmix: f64,
    seed: u64,
}

/// What is drawn for a batch; the share is that of the other image.
#[derive(Debug, Clone, PartialEq)]
pub enum Mixture {
    /// Images stay as they are.
    None,
    /// Pixels are averaged: mixup ([Zhang et al. 2018](https://arxiv.org/abs/1710.09412)).
    Average {
        /// Share of the other image.
        share: f64,
    },
    /// A rectangle comes from the other image: cutmix
    /// ([Yun et al. 2019](https://arxiv.org/abs/1905.04899)).
    Rectangle {
        /// Rows.
        rows: Range<usize>,
        /// Columns.
        columns: Range<usize>,
        /// Share of the other image: the area of the rectangle.
        share: f64,
    },
}

impl Mixer {
    /// The mixtures that `recipe` asks for, drawn from `seed`.
    #[must_use]
    pub fn new(recipe: &Loss, seed: u64) -> Self {
        Self { mixup: recipe.mixup, cutmix: recipe.cutmix, seed }
    }

    /// Draws the mixture of part `part` of the batch of step `step`, with images of `height` and
    /// `width` pixels. The shares follow torchvision's `MixUp` and `CutMix`.
    #[must_use]
    pub fn draw(&self, step: u64, part: u64, (height, width): (usize, usize)) -> Mixture {
        let mut rng = SampleRng::for_batch(self.seed, step, part);
        let both = self.mixup > 0.0 && self.cutmix > 0.0;
        let cut = if both { rng.chance(0.5) } else { self.cutmix > 0.0 };
        match (cut, self.mixup > 0.0) {
            (true, _) => rectangle(1.0 - beta(self.cutmix, &mut rng), height, width, &mut rng),
            (false, true) => Mixture::Average { share: 1.0 - beta(self.mixup, &mut rng) },
            (false, false) => Mixture::None,
        }
    }
}

/// torchvision's rectangle of about `share` of the area: the centre is anywhere, and what lies
/// outside is cut off.
fn rectangle(share: f64, height: usize, width: usize, rng: &mut SampleRng) -> Mixture {
    let half = 0.5 * share.sqrt();
    let mut span = |extent: usize| {
        let centre = rng.below(extent as u64) as usize;
        let reach = (half * extent as f64) as usize;
        centre.saturating_sub(reach)..(centre + reach).min(extent)
    };
    let (columns, rows) = (span(width), span(height));
    let share = (rows.len() * columns.len()) as f64 / (height * width) as f64;
    Mixture::Rectangle { rows, columns, share }
}

/// A number from the distribution Beta(`alpha`, `alpha`), `alpha` above 0 and at most 1, by
/// [Jöhnk's method](https://doi.org/10.1007/BF02613683).
fn beta(alpha: f64, rng: &mut SampleRng) -> f64 {
    loop {
        // Logarithms, because tiny parameters make both powers vanish.
        let mut log_power = || (1.0 - rng.uniform(0.0, 1.0)).ln() / alpha;
        let (x, y) = (log_power(), log_power());
        let larger = x.max(y);
        let log_sum = larger + ((x - larger).exp() + (y - larger).exp()).ln();
        if log_sum <= 0.0 {
            return (x - log_sum).exp();
        }
    }
}

impl Mixture {
    /// Mixes `images` `[b, c, h, w]` and says what is right for them, given their `labels` `[b]`.
    #[must_use]
    pub fn apply(self, images: Tensor<4>, labels: Tensor<1, Int>) -> (Tensor<4>, Targets) {
        let (mixed, share) = match self {
            Self::None => return (images, Targets { labels, mixed_in: None }),
            Self::Average { share } => {
                let others = images.clone().flip([0]);
                (images.mul_scalar(1.0 - share) + others.mul_scalar(share), share)
            }
            Self::Rectangle { rows, columns, share } => (paste(images, rows, columns), share),
        };
        let others = labels.clone().flip([0]);
        (mixed, Targets { labels, mixed_in: Some((others, share)) })
    }
}

/// Takes a rectangle of each image from the one at its place from the end.
fn paste(images: Tensor<4>, rows: Range<usize>, columns: Range<usize>) -> Tensor<4> {
    if rows.is_empty() || columns.is_empty() {
        return images;
    }
    let [batch, channels, _, _] = images.dims();
    let place = [0..batch, 0..channels, rows, columns];
    let others = images.clone().slice(place.clone()).flip([0]);
    images.slice_assign(place, others)
}
