//! Random steps on pixels, and what they draw.

use super::interpolation::PixelSampling;
use super::op::PixelOp;
use super::region::{Region, random_erasing};
use super::{checks, checks::require, policies};
use crate::error::DataError;
use crate::random::SampleRng;

/// A random step on an image that already has its size.
///
/// Parameters are distributed as torchvision draws them; the numbers themselves are our own, because
/// they depend on (seed, epoch, sample) alone.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Augment {
    /// Left becomes right.
    HorizontalFlip {
        /// Probability.
        p: f64,
    },
    /// Top becomes bottom.
    VerticalFlip {
        /// Probability.
        p: f64,
    },
    /// Grey in all three channels.
    Grayscale {
        /// Probability.
        p: f64,
    },
    /// Brightness, contrast, saturation and hue in random order. The first three are factors drawn
    /// evenly from `1 - value` (not below 0) to `1 + value`; 0 leaves one out.
    ColorJitter {
        /// Largest change of the brightness.
        brightness: f64,
        /// Largest change of the contrast.
        contrast: f64,
        /// Largest change of the saturation.
        saturation: f64,
        /// Largest turn of the hue, as a share of the colour circle, up to 0.5.
        hue: f64,
    },
    /// A turn about the centre; the corners become black.
    Rotation {
        /// The angle is drawn evenly from minus this to this.
        degrees: f64,
        /// How pixels are picked.
        sampling: PixelSampling,
    },
    /// Operations of one strength ([Cubuk et al. 2019](https://arxiv.org/abs/1909.13719)).
    RandAugment {
        /// How many of the 14 operations are drawn, one after the other.
        ops: usize,
        /// Strength, from 0 to `bins - 1`.
        magnitude: usize,
        /// Number of strengths.
        bins: usize,
        /// How turns and shears pick pixels.
        sampling: PixelSampling,
    },
    /// One operation of random strength from a wide range
    /// ([Müller and Hutter 2021](https://arxiv.org/abs/2103.10158)).
    TrivialAugmentWide {
        /// Number of strengths.
        bins: usize,
        /// How turns and shears pick pixels.
        sampling: PixelSampling,
    },
    /// One of 25 pairs of operations that were found by search on ImageNet
    /// ([Cubuk et al. 2018](https://arxiv.org/abs/1805.09501)).
    AutoAugment {
        /// How turns and shears pick pixels.
        sampling: PixelSampling,
    },
    /// The image mixed with chains of operations on it, in random shares
    /// ([Hendrycks et al. 2019](https://arxiv.org/abs/1912.02781)); the shares are spread evenly
    /// (alpha 1, as in the paper).
    AugMix {
        /// Strengths are drawn below this; 1 to 10.
        severity: usize,
        /// Number of chains.
        width: usize,
        /// Operations of a chain; `None` draws 1 to 3 for each.
        depth: Option<usize>,
        /// How turns and shears pick pixels.
        sampling: PixelSampling,
    },
    /// A random rectangle in one colour ([Zhong et al. 2017](https://arxiv.org/abs/1708.04896)).
    ///
    /// torchvision erases after normalisation; its value 0 is the mean colour here.
    RandomErasing {
        /// Probability.
        p: f64,
        /// Smallest and largest area, as a share of the image.
        scale: (f64, f64),
        /// Smallest and largest height divided by width, drawn evenly on a logarithmic scale.
        ratio: (f64, f64),
        /// Red, green and blue of the rectangle.
        value: [u8; 3],
    },
}

impl Augment {
    /// [`RandAugment`](Self::RandAugment) with torchvision's defaults: 2 operations, magnitude 9 of 31.
    #[must_use]
    pub fn rand_augment() -> Self {
        Self::RandAugment { ops: 2, magnitude: 9, bins: 31, sampling: PixelSampling::Nearest }
    }

    /// [`TrivialAugmentWide`](Self::TrivialAugmentWide) with torchvision's default of 31 strengths.
    #[must_use]
    pub fn trivial_augment_wide() -> Self {
        Self::TrivialAugmentWide { bins: 31, sampling: PixelSampling::Nearest }
    }

    /// [`AugMix`](Self::AugMix) with torchvision's defaults: severity 3, 3 chains of 1 to 3
    /// operations.
    #[must_use]
    pub fn aug_mix() -> Self {
        Self::AugMix { severity: 3, width: 3, depth: None, sampling: PixelSampling::Bilinear }
    }

    /// [`RandomErasing`](Self::RandomErasing) with torchvision's defaults: 2 % to 33 % of the area,
    /// aspect 0.3 to 3.3, in the mean colour of ImageNet.
    #[must_use]
    pub fn random_erasing(p: f64) -> Self {
        Self::RandomErasing { p, scale: (0.02, 0.33), ratio: (0.3, 3.3), value: [124, 116, 104] }
    }

    /// Draws what happens to one image of `height` x `width` pixels and appends it to `ops`.
    pub fn draw(&self, height: usize, width: usize, rng: &mut SampleRng, ops: &mut Vec<PixelOp>) {
        let size = (height, width);
        match *self {
            Self::HorizontalFlip { p } => with_chance(p, PixelOp::HorizontalFlip, rng, ops),
            Self::VerticalFlip { p } => with_chance(p, PixelOp::VerticalFlip, rng, ops),
            Self::Grayscale { p } => with_chance(p, PixelOp::Grayscale, rng, ops),
            Self::ColorJitter { brightness, contrast, saturation, hue } => {
                color_jitter([brightness, contrast, saturation, hue], rng, ops);
            }
            Self::Rotation { degrees, sampling } => {
                ops.push(PixelOp::Rotate(rng.uniform(-degrees, degrees), sampling));
            }
            Self::RandAugment { ops: count, magnitude, bins, sampling } => {
                policies::rand_augment(count, magnitude, bins, sampling, size, rng, ops);
            }
            Self::TrivialAugmentWide { bins, sampling } => {
                policies::trivial_augment_wide(bins, sampling, rng, ops);
            }
            Self::AutoAugment { sampling } => policies::auto_augment(sampling, size, rng, ops),
            Self::AugMix { severity, width, depth, sampling } => {
                policies::aug_mix(severity, width, depth, sampling, size, rng, ops);
            }
            Self::RandomErasing { p, scale, ratio, value } => {
                let drawn = rng.chance(p).then(|| random_erasing(height, width, scale, ratio, rng));
                ops.extend(drawn.flatten().map(|region: Region| PixelOp::Erase { region, value }));
            }
        }
    }

    /// Checks that every parameter is in its range.
    pub(super) fn check(&self) -> Result<(), DataError> {
        match *self {
            Self::HorizontalFlip { p } | Self::VerticalFlip { p } => checks::probability("flip", p),
            Self::Grayscale { p } => checks::probability("grayscale", p),
            Self::ColorJitter { brightness, contrast, saturation, hue } => {
                checks::natural("brightness", brightness)?;
                checks::natural("contrast", contrast)?;
                checks::natural("saturation", saturation)?;
                require((0.0..=0.5).contains(&hue), "hue", "from 0 to 0.5", &hue)
            }
            Self::Rotation { degrees, .. } => checks::natural("degrees", degrees),
            Self::RandAugment { ops, magnitude, bins, .. } => {
                require(ops <= 100, "ops", "at most 100", &ops)?;
                strengths(bins)?;
                require(magnitude < bins, "magnitude", "below bins", &magnitude)
            }
            Self::TrivialAugmentWide { bins, .. } => strengths(bins),
            Self::AutoAugment { .. } => Ok(()),
            Self::AugMix { severity, width, depth, .. } => {
                require((1..=10).contains(&severity), "severity", "from 1 to 10", &severity)?;
                require((1..=100).contains(&width), "width", "from 1 to 100", &width)?;
                let known = depth.is_none_or(|depth| (1..=100).contains(&depth));
                require(known, "depth", "from 1 to 100", &depth)
            }
            Self::RandomErasing { p, scale, ratio, .. } => {
                checks::probability("erasing", p)?;
                checks::share("scale", scale)?;
                checks::ratio("ratio", ratio)
            }
        }
    }
}

fn strengths(bins: usize) -> Result<(), DataError> {
    require((2..=1000).contains(&bins), "bins", "from 2 to 1000", &bins)
}

fn with_chance(p: f64, op: PixelOp, rng: &mut SampleRng, ops: &mut Vec<PixelOp>) {
    if rng.chance(p) {
        ops.push(op);
    }
}

/// The order first, then the factors of those that are wanted: torchvision's order of drawing.
fn color_jitter(ranges: [f64; 4], rng: &mut SampleRng, ops: &mut Vec<PixelOp>) {
    let mut order = [0, 1, 2, 3];
    for last in (1..order.len()).rev() {
        order.swap(last, rng.below(last as u64 + 1) as usize);
    }
    let mut factor = |range: f64| rng.uniform((1.0 - range).max(0.0), 1.0 + range);
    let [brightness, contrast, saturation, hue] = ranges;
    let drawn = [
        (brightness > 0.0).then(|| PixelOp::Brightness(factor(brightness))),
        (contrast > 0.0).then(|| PixelOp::Contrast(factor(contrast))),
        (saturation > 0.0).then(|| PixelOp::Saturation(factor(saturation))),
        (hue > 0.0).then(|| PixelOp::Hue(rng.uniform(-hue, hue))),
    ];
    ops.extend(order.into_iter().filter_map(|index: usize| drawn[index]));
}
