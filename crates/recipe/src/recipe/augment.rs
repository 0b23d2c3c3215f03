//! How training pictures are varied, as the recipe writes it.
//!
//! `resnet-data` has the same steps with more to say about each; the defaults here are torchvision's.

pub(crate) mod checks;
pub(crate) mod defaults;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

/// How a turn or shear picks pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Sampling {
    /// The nearest pixel: torchvision's default.
    #[default]
    Nearest,
    /// Linear between four pixels.
    Bilinear,
}

/// A random step on a training image that already has its size; see `resnet_data::Augment`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Augment {
    /// Left becomes right.
    HorizontalFlip {
        /// Probability.
        #[serde(default = "defaults::half")]
        p: f64,
    },
    /// Top becomes bottom.
    VerticalFlip {
        /// Probability.
        #[serde(default = "defaults::half")]
        p: f64,
    },
    /// Grey in all channels.
    Grayscale {
        /// Probability.
        #[serde(default = "defaults::tenth")]
        p: f64,
    },
    /// Brightness, contrast, saturation and hue, in random order.
    ColorJitter {
        /// Largest change of the brightness.
        #[serde(default)]
        brightness: f64,
        /// Largest change of the contrast.
        #[serde(default)]
        contrast: f64,
        /// Largest change of the saturation.
        #[serde(default)]
        saturation: f64,
        /// Largest turn of the hue, up to 0.5.
        #[serde(default)]
        hue: f64,
    },
    /// A turn by up to `degrees` in either direction.
    Rotation {
        /// Largest angle.
        degrees: f64,
        /// How pixels are picked.
        #[serde(default)]
        sampling: Sampling,
    },
    /// `ops` random operations of one strength.
    RandAugment {
        /// Operations in a row.
        #[serde(default = "defaults::ops")]
        ops: usize,
        /// Strength, below `bins`.
        #[serde(default = "defaults::magnitude")]
        magnitude: usize,
        /// Number of strengths.
        #[serde(default = "defaults::bins")]
        bins: usize,
        /// How pixels are picked.
        #[serde(default)]
        sampling: Sampling,
    },
    /// One random operation of any strength.
    TrivialAugmentWide {
        /// Number of strengths.
        #[serde(default = "defaults::bins")]
        bins: usize,
        /// How pixels are picked.
        #[serde(default)]
        sampling: Sampling,
    },
    /// One of 25 pairs of operations found on ImageNet.
    AutoAugment {
        /// How pixels are picked.
        #[serde(default)]
        sampling: Sampling,
    },
    /// The image mixed with chains of operations on it.
    AugMix {
        /// Strengths are drawn below this; 1 to 10.
        #[serde(default = "defaults::three")]
        severity: usize,
        /// Number of chains.
        #[serde(default = "defaults::three")]
        width: usize,
        /// Operations of a chain; if absent, 1 to 3.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        depth: Option<usize>,
        /// How pixels are picked.
        #[serde(default = "defaults::bilinear")]
        sampling: Sampling,
    },
    /// A random rectangle in one colour; the default is ImageNet's mean.
    RandomErasing {
        /// Probability.
        #[serde(default = "defaults::half")]
        p: f64,
        /// Smallest and largest area, as a share of the image.
        #[serde(default = "defaults::erasing_scale")]
        scale: [f64; 2],
        /// Smallest and largest height divided by width.
        #[serde(default = "defaults::erasing_ratio")]
        ratio: [f64; 2],
        /// Red, green and blue.
        #[serde(default = "defaults::mean_color")]
        value: [u8; 3],
    },
}
