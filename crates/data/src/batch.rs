//! What the loader hands out.

use std::fmt;
use std::ops::Range;

use crate::options::LoaderOptions;
use crate::pixels::{Channels, PixelFormat, Pixels};

/// `batch_size` images of one size, ready to be sent to a device.
///
/// Every batch has the same number of slots, because a change of shape makes devices compile or
/// allocate anew. A slot without a good image of its own (an image that was skipped, or padding of
/// the last batch) repeats the first good image of the batch and has weight 0. If no image of a
/// batch is good, all pixels are 0 and all weights are 0: guard divisions by their sum.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// `batch_size * views * height * width * channels` levels: NHWC, where the views of an image stand side
    /// by side.
    pub images: Pixels,
    /// Levels of a pixel.
    pub channels: Channels,
    /// Class of each image, counted from 0.
    pub labels: Vec<u32>,
    /// 1 for an image that counts, 0 for padding and bad images.
    pub weights: Vec<f32>,
    /// Rows of an image.
    pub height: usize,
    /// Pixels in a row of an image.
    pub width: usize,
    /// Images of this batch that were skipped.
    pub bad: Vec<BadImage>,
    /// Number of the batch in its epoch, from 0.
    pub index: usize,
}

/// An image that was skipped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadImage {
    /// File name and place of the image.
    pub name: String,
    /// What is wrong with it.
    pub reason: String,
}

impl fmt::Display for BadImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.name, self.reason)
    }
}

impl Batch {
    /// Number of slots.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are no slots; never so for a batch from a loader.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// Number of images in a slot: one, unless [`LoaderOptions::views`] says otherwise.
    #[must_use]
    pub fn views(&self) -> usize {
        let one = self.len() * self.height * self.width * self.channels.count();
        self.images.len().checked_div(one).unwrap_or(1)
    }

    /// The batch cut into at most `parts` of equal length, the last of which may be shorter. Skipped
    /// images are named in the first part.
    #[must_use]
    pub fn split(mut self, parts: usize) -> Vec<Self> {
        if parts <= 1 || self.is_empty() {
            return vec![self];
        }
        let slots = self.len().div_ceil(parts);
        let mut bad = std::mem::take(&mut self.bad);
        let starts = (0..self.len()).step_by(slots);
        let part = |start: usize| {
            let part = start..(start + slots).min(self.len());
            Self {
                images: self.images.part(self.slot(part.start).start..self.slot(part.end).start),
                labels: self.labels[part.clone()].to_vec(),
                weights: self.weights[part].to_vec(),
                bad: std::mem::take(&mut bad),
                channels: self.channels,
                height: self.height,
                width: self.width,
                index: self.index,
            }
        };
        starts.map(part).collect()
    }

    /// An empty batch with all weights 0; `images` is reused memory.
    pub(crate) fn blank(images: Pixels, options: &LoaderOptions, index: usize) -> Self {
        let (batch_size, size) = (options.batch_size, options.transform.size);
        let PixelFormat { channels, depth } = options.format;
        let in_slot = options.views.count() * size * size * channels.count();
        let images = images.resized(depth, batch_size * in_slot);
        let (labels, weights) = (vec![0; batch_size], vec![0.0; batch_size]);
        Self {
            images,
            channels,
            labels,
            weights,
            height: size,
            width: size,
            bad: Vec::new(),
            index,
        }
    }

    /// Puts a good image, RGB pixels, into a slot.
    pub(crate) fn place(&mut self, slot: usize, rgb: &Pixels, label: u32) {
        let start = self.slot(slot).start;
        self.images.place(start, rgb, self.channels);
        self.labels[slot] = label;
        self.weights[slot] = 1.0;
    }

    /// Fills the slots without a good image.
    pub(crate) fn fill_rest(&mut self) {
        let Some(good) = self.weights.iter().position(|&weight| weight > 0.0) else {
            // The memory may hold the pixels of an earlier batch.
            self.images.blacken();
            return;
        };
        for slot in 0..self.len() {
            if self.weights[slot] == 0.0 {
                let (from, to) = (self.slot(good), self.slot(slot).start);
                self.images.copy_within(from, to);
                self.labels[slot] = self.labels[good];
            }
        }
    }

    fn slot(&self, slot: usize) -> Range<usize> {
        let len = self.images.len() / self.len();
        slot * len..(slot + 1) * len
    }
}

#[cfg(test)]
mod tests {
    use super::{BadImage, Batch, Channels, Pixels};

    /// Five images of one pixel.
    fn batch() -> Batch {
        Batch {
            images: Pixels::Eight((0..15).collect()),
            channels: Channels::Rgb,
            labels: vec![0, 1, 2, 3, 4],
            weights: vec![1.0, 1.0, 0.0, 1.0, 1.0],
            height: 1,
            width: 1,
            bad: vec![BadImage { name: "2.jpg".to_owned(), reason: "torn".to_owned() }],
            index: 9,
        }
    }

    #[test]
    fn the_parts_of_a_batch_hold_what_it_held() {
        let parts = batch().split(2);
        assert_eq!(parts.iter().map(Batch::len).collect::<Vec<_>>(), [3, 2]);
        assert_eq!(parts.iter().map(|part| part.bad.len()).sum::<usize>(), 1);
        let joined =
            |field: fn(&Batch) -> Vec<f32>| parts.iter().flat_map(field).collect::<Vec<_>>();
        assert_eq!(joined(|part| part.weights.clone()), batch().weights);
        let images = |batch: &Batch| batch.images.as_eight().expect("8 bits").to_vec();
        assert_eq!(parts.iter().flat_map(images).collect::<Vec<_>>(), images(&batch()));
        assert_eq!(parts[1].labels, [3, 4]);
    }

    #[test]
    fn one_part_is_the_batch_itself_and_no_part_is_empty() {
        assert_eq!(batch().split(1), [batch()]);
        assert_eq!(batch().split(100).len(), 5);
    }
}
