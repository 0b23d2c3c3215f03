//! How pictures are brought to the network's size, as the recipe writes it.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::augment::checks::{RANGE, SHARE, is_range, is_share};
use super::augment::defaults;
use super::check::ensure;

/// How a training image becomes `image_size` x `image_size` pixels.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Crop {
    /// A random part, resized (torchvision's `RandomResizedCrop`).
    RandomResizedCrop {
        /// Smallest and largest area, as a share of the image.
        #[serde(default = "defaults::crop_scale")]
        scale: [f64; 2],
        /// Smallest and largest width divided by height.
        #[serde(default = "defaults::crop_ratio")]
        ratio: [f64; 2],
    },
    /// A random part, resized (TensorFlow's `sample_distorted_bounding_box`, with the values of its
    /// official ResNet).
    DistortedBox,
    /// Padding, then a random crop without resizing (He et al. 2015, section 4.2).
    PadCrop {
        /// Pixels added on each side.
        pad: usize,
    },
    /// The same part as in validation, at the size of training: nothing random.
    AsInValidation,
}

/// How a validation image becomes `image_size` x `image_size` pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ValidationCrop {
    /// The shorter side to `validation_resize`, then the centre.
    #[default]
    ResizeCenterCrop,
    /// The same with the rounding of TensorFlow's official ResNet.
    TensorflowCenterCrop,
    /// The whole image, its aspect changed.
    Squash,
    /// The whole image in the centre of a border.
    Letterbox {
        /// Red, green and blue of the border.
        #[serde(default)]
        fill: [u8; 3],
    },
}

/// How a resize computes pixels that lie between pixels.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Interpolation {
    /// The nearest pixel.
    Nearest,
    /// Linear, antialiased: torchvision's default.
    #[default]
    Bilinear,
    /// Cubic, antialiased.
    Bicubic,
    /// Linear without antialiasing: TensorFlow 2, OpenCV.
    BilinearAliased,
    /// Linear as TensorFlow 1 computed it.
    BilinearTf1,
}

impl Crop {
    /// [`RandomResizedCrop`](Self::RandomResizedCrop) with torchvision's defaults: 8 % to 100 % of the
    /// area, aspect 3:4 to 4:3.
    #[must_use]
    pub fn random_resized() -> Self {
        Self::RandomResizedCrop { scale: defaults::crop_scale(), ratio: defaults::crop_ratio() }
    }

    /// Checks every value.
    pub(crate) fn check(self) -> Result<(), RecipeError> {
        match self {
            Self::RandomResizedCrop { scale, ratio } => {
                ensure("data.crop.random-resized-crop.scale", scale, is_share(scale), SHARE)?;
                ensure("data.crop.random-resized-crop.ratio", ratio, is_range(ratio), RANGE)
            }
            Self::PadCrop { pad } => {
                ensure("data.crop.pad-crop.pad", pad, pad <= 65_535, "must be at most 65535")
            }
            Self::DistortedBox | Self::AsInValidation => Ok(()),
        }
    }
}
