//! `[data]`: the images and what is done to them.

use serde::{Deserialize, Serialize};

use super::augment::Augment;
use super::crop::{Crop, Interpolation, ValidationCrop};

/// The images and what is done to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Height and width of the network's input, in pixels.
    pub image_size: usize,
    /// Length of the shorter side to which validation images are resized before the centre crop, in
    /// pixels.
    pub validation_resize: usize,
    /// How validation images are brought to `image_size`.
    #[serde(default)]
    pub validation_crop: ValidationCrop,
    /// How a resize computes pixels that lie between pixels, in training and validation.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// How training images are brought to `image_size`.
    pub crop: Crop,
    /// What is then done to training images, in this order.
    #[serde(default)]
    pub augment: Vec<Augment>,
    /// Label of the first class in the files: 1 for ImageNet shards, where 0 is "background".
    pub label_offset: u32,
    /// Mean of each channel (red, green, blue), pixel values 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, pixel values 0 to 1.
    pub std: [f32; 3],
    /// What an unreadable image does.
    pub on_bad_image: BadImages,
}

/// What an image that cannot be decoded does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BadImages {
    /// It stops the run with its name.
    Fail,
    /// It is left out, counted and named in the epoch line.
    Skip {
        /// More than this in one epoch stop the run after all.
        max: usize,
    },
}
