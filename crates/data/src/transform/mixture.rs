//! Weighted sums of differently changed copies of an image, for AugMix.

use super::scratch::{Scratch, copy_to};

pub(super) fn begin(pixels: &[u8], share: f32, scratch: &mut Scratch) {
    copy_to(&mut scratch.original, pixels);
    scratch.mixture.clear();
    scratch.mixture.extend(pixels.iter().map(|&level| share * f32::from(level)));
}

pub(super) fn add(pixels: &mut [u8], share: f32, scratch: &mut Scratch) {
    for (sum, &level) in scratch.mixture.iter_mut().zip(&*pixels) {
        *sum += share * f32::from(level);
    }
    pixels.copy_from_slice(&scratch.original);
}

/// Truncates, as torchvision's cast to `uint8` does.
pub(super) fn end(pixels: &mut [u8], scratch: &Scratch) {
    for (level, &sum) in pixels.iter_mut().zip(&scratch.mixture) {
        *level = sum as u8;
    }
}
