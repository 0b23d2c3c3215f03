//! `[data]`: the images and what is done to them.

use serde::{Deserialize, Serialize};

/// The images and what is done to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Height and width of the network's input, in pixels.
    pub image_size: usize,
    /// Length of the shorter side to which validation images are resized before the centre crop, in
    /// pixels.
    pub validation_resize: usize,
    /// How training images are varied.
    pub augment: Augment,
    /// Label of the first class in the files: 1 for ImageNet shards, where 0 is "background".
    pub label_offset: u32,
    /// Mean of each channel (red, green, blue), pixel values 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, pixel values 0 to 1.
    pub std: [f32; 3],
    /// What an unreadable image does.
    pub on_bad_image: BadImages,
}

/// How training images are varied.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Augment {
    /// A random part of the image, resized, and a horizontal flip (torchvision's
    /// `RandomResizedCrop` with its defaults).
    RandomResizedCrop,
    /// Padding, a random crop of the input size, and a horizontal flip (He et al. 2015, section 4.2).
    PadCrop {
        /// Pixels added on each side.
        pad: usize,
    },
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
