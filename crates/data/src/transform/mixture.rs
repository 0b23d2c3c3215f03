//! Weighted sums of differently changed copies of an image, for AugMix.

use super::scratch::{Scratch, copy_to};
use crate::level::Level;

pub(super) fn begin<L: Level>(pixels: &[L], share: f32, scratch: &mut Scratch<L>) {
    copy_to(&mut scratch.original, pixels);
    scratch.mixture.clear();
    scratch.mixture.extend(pixels.iter().map(|&level| share * Into::<f32>::into(level)));
}

pub(super) fn add<L: Level>(pixels: &mut [L], share: f32, scratch: &mut Scratch<L>) {
    for (sum, &level) in scratch.mixture.iter_mut().zip(&*pixels) {
        *sum += share * Into::<f32>::into(level);
    }
    pixels.copy_from_slice(&scratch.original);
}

/// Truncates, as torchvision's cast to `uint8` does.
pub(super) fn end<L: Level>(pixels: &mut [L], scratch: &Scratch<L>) {
    for (level, &sum) in pixels.iter_mut().zip(&scratch.mixture) {
        *level = L::truncated_f32(sum);
    }
}
