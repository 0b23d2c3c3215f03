//! Sums over images from which means follow.
//!
//! They are whole numbers, so that neither the order of adding nor an interruption changes a digit.

use serde::{Deserialize, Serialize};

use super::convert::Converted;
use crate::levels::Levels;

/// Sums over the images of a shard or a split.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sums {
    /// Images.
    pub images: u64,
    /// Bytes of the stored JPEG files.
    pub jpeg_bytes: u64,
    /// Sum of heights.
    pub height: Side,
    /// Sum of widths.
    pub width: Side,
    /// Sums over the pixels of decoded images.
    #[serde(flatten)]
    pub levels: Levels,
}

/// Smallest, largest and sum of one side of images.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Side {
    /// Smallest; 0 if there is no image.
    pub min: u64,
    /// Largest.
    pub max: u64,
    /// Sum.
    pub sum: u64,
}

impl Sums {
    pub(super) fn add(&mut self, image: &Converted<'_>) {
        self.height.add(image.height as u64, self.images);
        self.width.add(image.width as u64, self.images);
        self.images += 1;
        self.jpeg_bytes += image.jpeg.len() as u64;
        if let Some(pixels) = image.pixels {
            self.levels.add(pixels);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.height.merge(&other.height, self.images, other.images);
        self.width.merge(&other.width, self.images, other.images);
        self.images += other.images;
        self.jpeg_bytes += other.jpeg_bytes;
        self.levels.merge(&other.levels);
    }

    /// Mean and standard deviation of each channel over all pixels, from 0 to 1.
    pub(super) fn mean_and_std(&self) -> Option<([f64; 3], [f64; 3])> {
        self.levels.mean_and_std()
    }
}

impl Side {
    fn add(&mut self, pixels: u64, before: u64) {
        self.merge(&Self { min: pixels, max: pixels, sum: pixels }, before, 1);
    }

    fn merge(&mut self, other: &Self, before: u64, added: u64) {
        self.min = match (before, added) {
            (_, 0) => self.min,
            (0, _) => other.min,
            _ => self.min.min(other.min),
        };
        self.max = self.max.max(other.max);
        self.sum += other.sum;
    }
}
