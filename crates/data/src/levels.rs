//! Sums of the levels of pixels, from which means follow.
//!
//! They are whole numbers, so that the order of adding changes no digit.

use serde::{Deserialize, Serialize};

use crate::decode::RgbImage;

/// Pixels whose squares fit a `u32` when added: 255² · 66,051 is less than 2³².
const PIECE: usize = 32_768;

/// Levels that are added side by side: 16 pixels.
const LANES: usize = 48;

/// Sums over the pixels of images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Levels {
    /// Pixels of all decoded images; 0 if they were not decoded.
    pub pixels: u64,
    /// Sum of the red, green and blue levels.
    pub levels: [u64; 3],
    /// Sum of the squared levels.
    pub squares: [u64; 3],
}

impl Levels {
    pub(crate) fn add(&mut self, image: &RgbImage) {
        self.pixels += (image.height * image.width) as u64;
        let pieces = image.pixels.chunks(3 * PIECE);
        pieces.for_each(|piece| add_piece(piece, &mut self.levels, &mut self.squares));
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.pixels += other.pixels;
        for channel in 0..3 {
            self.levels[channel] += other.levels[channel];
            self.squares[channel] += other.squares[channel];
        }
    }

    /// Mean and standard deviation of each channel over all pixels, from 0 to 1.
    pub(crate) fn mean_and_std(&self) -> Option<([f64; 3], [f64; 3])> {
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

fn add_piece(rgb: &[u8], levels: &mut [u64; 3], squares: &mut [u64; 3]) {
    let mut sums = ([0u32; LANES], [0u32; LANES]);
    let (lines, rest) = rgb.as_chunks::<LANES>();
    lines.iter().for_each(|line| add_line(line, &mut sums));
    let mut last = [0; LANES];
    last[..rest.len()].copy_from_slice(rest);
    add_line(&last, &mut sums);
    for lane in 0..LANES {
        levels[lane % 3] += u64::from(sums.0[lane]);
        squares[lane % 3] += u64::from(sums.1[lane]);
    }
}

fn add_line(line: &[u8; LANES], (levels, squares): &mut ([u32; LANES], [u32; LANES])) {
    for lane in 0..LANES {
        let level = u32::from(line[lane]);
        levels[lane] += level;
        squares[lane] += level * level;
    }
}

#[cfg(test)]
mod tests {
    use super::{Levels, RgbImage};

    fn of(rgb: &[u8]) -> Option<([f64; 3], [f64; 3])> {
        let mut sums = Levels::default();
        sums.add(&RgbImage { height: 1, width: rgb.len() / 3, pixels: rgb.to_vec() });
        sums.mean_and_std()
    }

    #[test]
    fn the_brightest_image_does_not_overflow() {
        assert_eq!(of(&vec![255; 3 * 66_000]), Some(([1.0; 3], [0.0; 3])));
    }

    #[test]
    fn mean_and_deviation_are_those_of_the_pixels() {
        let (mean, std) = of(&[0, 51, 255, 102, 51, 0]).unwrap();
        let near = |found: [f64; 3], wanted: [f64; 3]| {
            std::iter::zip(found, wanted).all(|(a, b)| (a - b).abs() < 1e-12)
        };
        assert!(near(mean, [0.2, 0.2, 0.5]), "{mean:?}");
        assert!(near(std, [0.2, 0.0, 0.5]), "{std:?}");
        assert_eq!(of(&[]), None);
    }
}
