//! Sums over images from which means follow.
//!
//! They are whole numbers, so that neither the order of adding nor an interruption changes a digit.

use serde::{Deserialize, Serialize};

use super::convert::Converted;

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
    /// Pixels of all decoded images; 0 if they were not decoded.
    pub pixels: u64,
    /// Sum of the red, green and blue levels.
    pub levels: [u64; 3],
    /// Sum of the squared levels.
    pub squares: [u64; 3],
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

/// Pixels whose squares fit a `u32` when added: 255² · 66,051 is less than 2³².
const PIECE: usize = 32_768;

/// Levels that are added side by side: 16 pixels.
const LANES: usize = 48;

fn add_line(line: &[u8; LANES], (levels, squares): &mut ([u32; LANES], [u32; LANES])) {
    for lane in 0..LANES {
        let level = u32::from(line[lane]);
        levels[lane] += level;
        squares[lane] += level * level;
    }
}

impl Sums {
    pub(super) fn add(&mut self, image: &Converted<'_>) {
        self.height.add(image.height as u64, self.images);
        self.width.add(image.width as u64, self.images);
        self.images += 1;
        self.jpeg_bytes += image.jpeg.len() as u64;
        if let Some(pixels) = image.pixels {
            self.pixels += (pixels.height * pixels.width) as u64;
            pixels.pixels.chunks(3 * PIECE).for_each(|piece| self.add_pixels(piece));
        }
    }

    fn add_pixels(&mut self, rgb: &[u8]) {
        let mut sums = ([0u32; LANES], [0u32; LANES]);
        let (lines, rest) = rgb.as_chunks::<LANES>();
        lines.iter().for_each(|line| add_line(line, &mut sums));
        let mut last = [0; LANES];
        last[..rest.len()].copy_from_slice(rest);
        add_line(&last, &mut sums);
        for lane in 0..LANES {
            self.levels[lane % 3] += u64::from(sums.0[lane]);
            self.squares[lane % 3] += u64::from(sums.1[lane]);
        }
    }

    pub(super) fn merge(&mut self, other: &Self) {
        self.height.merge(&other.height, self.images, other.images);
        self.width.merge(&other.width, self.images, other.images);
        self.images += other.images;
        self.jpeg_bytes += other.jpeg_bytes;
        self.pixels += other.pixels;
        for channel in 0..3 {
            self.levels[channel] += other.levels[channel];
            self.squares[channel] += other.squares[channel];
        }
    }

    /// Mean and standard deviation of each channel over all pixels, from 0 to 1.
    pub(super) fn mean_and_std(&self) -> Option<([f64; 3], [f64; 3])> {
        if self.pixels == 0 {
            return None;
        }
        let pixels = self.pixels as f64;
        let mean = self.levels.map(|sum| sum as f64 / pixels);
        let square = self.squares.map(|sum| sum as f64 / pixels);
        let std = [0, 1, 2].map(|c| (square[c] - mean[c] * mean[c]).max(0.0).sqrt() / 255.0);
        Some((mean.map(|mean| mean / 255.0), std))
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

#[cfg(test)]
mod tests {
    use super::Sums;

    #[test]
    fn the_brightest_image_does_not_overflow() {
        let mut sums = Sums { pixels: 66_000, ..Sums::default() };
        vec![255; 3 * 66_000].chunks(3 * super::PIECE).for_each(|piece| sums.add_pixels(piece));
        assert_eq!(sums.mean_and_std(), Some(([1.0; 3], [0.0; 3])));
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_pixels() {
        let mut sums = Sums { pixels: 2, ..Sums::default() };
        sums.add_pixels(&[0, 51, 255, 102, 51, 0]);
        let (mean, std) = sums.mean_and_std().unwrap();
        let near = |found: [f64; 3], wanted: [f64; 3]| {
            std::iter::zip(found, wanted).all(|(a, b)| (a - b).abs() < 1e-12)
        };
        assert!(near(mean, [0.2, 0.2, 0.5]), "{mean:?}");
        assert!(near(std, [0.2, 0.0, 0.5]), "{std:?}");
        assert_eq!(Sums::default().mean_and_std(), None);
    }
}
