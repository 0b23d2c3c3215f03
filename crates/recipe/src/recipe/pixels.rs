//! In which form the pixels of images are kept, and what becomes visible of DICOM files.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::ensure;

/// Bits of a level, from the file to the device.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Bits {
    /// 8; of images with 16 the upper 8.
    #[default]
    #[serde(rename = "8")]
    Eight,
    /// 16; images with 8 are scaled.
    #[serde(rename = "16")]
    Sixteen,
    /// 16 if a training image has so many.
    #[serde(rename = "auto")]
    Auto,
}

/// Levels of a pixel, which are the channels of the network's input.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Channels {
    /// Grey; of colour the luma.
    #[serde(rename = "1")]
    One,
    /// Red, green and blue; grey is the same level three times.
    #[default]
    #[serde(rename = "3")]
    Three,
    /// 1 if all training images are stored in grey.
    #[serde(rename = "auto")]
    Auto,
}

/// What becomes visible of DICOM files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Dicom {
    /// Which values are black and white.
    #[serde(default)]
    pub window: Window,
    /// Which of several images.
    #[serde(default)]
    pub frame: Frame,
}

/// Which values of a DICOM file, after rescaling, are black and white.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Window {
    /// As the file says.
    #[default]
    OfFile,
    /// All values that the stored bits can have.
    Full,
    /// These, in the units of the file: Hounsfield units, say.
    Given {
        /// The value in the middle.
        center: f64,
        /// From black to white; at least 1.
        width: f64,
    },
}

/// Which image of a DICOM file with several.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Frame {
    /// The first.
    #[default]
    First,
    /// The one in the middle.
    Middle,
    /// This one, from 0.
    Number(u32),
}

impl Dicom {
    pub(super) fn check(self) -> Result<(), RecipeError> {
        let Window::Given { center, width } = self.window else { return Ok(()) };
        ensure("data.dicom.window", center, center.is_finite(), "the center must be a number")?;
        let wide = width.is_finite() && width >= 1.0;
        ensure("data.dicom.window", width, wide, "the width must be at least 1")
    }
}
