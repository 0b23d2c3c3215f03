//! `[data]`: the images and what is done to them.

use serde::{Deserialize, Serialize};

use super::Recipe;
use super::augment::Augment;
use super::crop::{Crop, Interpolation, ValidationCrop};
use super::pixels::{Bits, Channels, Dicom};
use super::sampler::{Sampler, ValidationViews};

/// The images and what is done to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Height and width of training images, in pixels.
    pub image_size: usize,
    /// Height and width of validation images, in pixels; if absent, those of training images.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation_size: Option<usize>,
    /// Length of the shorter side to which validation images are resized before the centre crop, in
    /// pixels.
    pub validation_resize: usize,
    /// How validation images are brought to their size.
    #[serde(default)]
    pub validation_crop: ValidationCrop,
    /// How a resize computes pixels that lie between pixels, in training and validation.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// How many looks an evaluation takes at an image.
    #[serde(default)]
    pub validation_views: ValidationViews,
    /// Which training images an epoch has.
    #[serde(default)]
    pub sampler: Sampler,
    /// Turn photographs upright as their EXIF data says; ImageNet's published accuracies are without.
    #[serde(default)]
    pub exif_orientation: bool,
    /// How training images are brought to `image_size`.
    pub crop: Crop,
    /// What is then done to training images, in this order.
    #[serde(default)]
    pub augment: Vec<Augment>,
    /// Label of the first class in the files: 1 for ImageNet shards, where 0 is "background".
    pub label_offset: u32,
    /// What the labels of the images stand for where any number of the network's classes may be true of an
    /// image: for each label, from 0, the classes that are. Empty: the label is the class. The loss is
    /// then `binary-cross-entropy`; of the averages, `top1` is the share of answers (from a probability
    /// of 0.5 on, yes) that are right, `top5` that of images all of whose answers are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub label_sets: Vec<Vec<usize>>,
    /// With `label_sets`: for each label the classes of which it is not known whether they are true;
    /// nothing is learned or judged by those. Empty: all are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unknown_labels: Vec<Vec<usize>>,
    /// Mean of each channel (red, green, blue), pixel values 0 to 1. The first of a network with one.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, pixel values 0 to 1.
    pub std: [f32; 3],
    /// Bits of a level, from the file to the device.
    #[serde(default)]
    pub bits: Bits,
    /// Levels of a pixel, which are the channels of the network's input.
    #[serde(default)]
    pub channels: Channels,
    /// What becomes visible of DICOM files.
    #[serde(default)]
    pub dicom: Dicom,
    /// What an unreadable image does.
    pub on_bad_image: BadImages,
}

impl Recipe {
    /// Height and width of the training images of `epoch` (from 0), in pixels.
    #[must_use]
    pub fn training_size(&self, epoch: u64) -> usize {
        self.resolution.map_or(self.data.image_size, |resolution| resolution.size(epoch))
    }
}

impl Data {
    /// Height and width of validation images, in pixels.
    #[must_use]
    pub fn validation_side(&self) -> usize {
        self.validation_size.unwrap_or(self.image_size)
    }
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
