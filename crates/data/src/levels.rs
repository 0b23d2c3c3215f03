//! Sums of the levels of pixels, from which means follow.
//!
//! They are whole numbers, so that the order of adding changes no digit.

use serde::{Deserialize, Serialize};

use crate::decode::RgbImage;
use crate::level::WIDEN;

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

/// Sums over the pixels of images of 8 and of 16 bits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct AllLevels {
    eight: Levels,
    sixteen: Levels16,
}

/// [`Levels`] of 16 bits, whose squares need more room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Levels16 {
    pixels: u64,
    levels: [u64; 3],
    squares: [u128; 3],
}

impl AllLevels {
    pub(crate) fn add_eight(&mut self, image: &RgbImage) {
        self.eight.add(image);
    }

    pub(crate) fn add_sixteen(&mut self, image: &RgbImage<u16>) {
        let Levels16 { pixels, levels, squares } = &mut self.sixteen;
        *pixels += (image.height * image.width) as u64;
        for colour in image.pixels.as_chunks::<3>().0 {
            for (channel, &level) in colour.iter().enumerate() {
                levels[channel] += u64::from(level);
                squares[channel] += u128::from(u64::from(level) * u64::from(level));
            }
        }
    }

    pub(crate) fn merge(&mut self, other: &Self) {
        self.eight.merge(&other.eight);
        self.sixteen.merge(other.sixteen.pixels, other.sixteen.levels, other.sixteen.squares);
    }

    /// Mean and standard deviation of each channel over all pixels, from 0 to 1.
    pub(crate) fn mean_and_std(&self) -> Option<([f64; 3], [f64; 3])> {
        if self.sixteen.pixels == 0 {
            return self.eight.mean_and_std();
        }
        let (widen, mut all) = (u64::from(WIDEN), self.sixteen);
        let squares = self.eight.squares.map(|sum| u128::from(sum) * u128::from(widen * widen));
        all.merge(self.eight.pixels, self.eight.levels.map(|sum| sum * widen), squares);
        let (pixels, white) = (all.pixels as f64, f64::from(u16::MAX));
        let mean = all.levels.map(|sum| sum as f64 / pixels / white);
        let square = all.squares.map(|sum| sum as f64 / pixels / (white * white));
        let std = [0, 1, 2].map(|c| (square[c] - mean[c] * mean[c]).max(0.0).sqrt());
        Some((mean, std))
    }
}

impl Levels16 {
    fn merge(&mut self, pixels: u64, levels: [u64; 3], squares: [u128; 3]) {
        self.pixels += pixels;
        for channel in 0..3 {
            self.levels[channel] += levels[channel];
            self.squares[channel] += squares[channel];
        }
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
    use super::{AllLevels, Levels, RgbImage};

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
    fn images_of_8_and_16_bits_are_measured_together() {
        let eight = RgbImage { height: 1, width: 1, pixels: vec![0, 255, 51] };
        let sixteen = RgbImage { height: 1, width: 3, pixels: [65_535, 0, 13_107].repeat(3) };
        let (mut sums, mut other) = (AllLevels::default(), AllLevels::default());
        sums.add_eight(&eight);
        other.add_sixteen(&sixteen);
        sums.merge(&other);
        let (mean, std) = sums.mean_and_std().unwrap();
        for (found, wanted) in std::iter::zip(
            [mean, std].concat(),
            [0.75, 0.25, 0.2, 0.1875f64.sqrt(), 0.1875f64.sqrt(), 0.0],
        ) {
            assert!((found - wanted).abs() < 1e-9, "{mean:?} {std:?}");
        }
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
