//! Brightness, contrast and saturation: Pillow's `ImageEnhance`, which blends the image with a
//! version of it that lacks the quality.

pub(crate) use crate::level::luma;

use crate::level::Level;

/// Pillow's `Image.blend`: `factor` 0 gives `without`, 1 gives `with`, in single precision,
/// truncated.
pub(super) fn blend<L: Level>(without: L, with: L, factor: f32) -> L {
    let (without, with): (f32, f32) = (without.into(), with.into());
    // What extrapolation takes outside of the range is kept at its ends.
    L::truncated_f32(without + factor * (with - without))
}

/// Blends every level with the same one.
fn blend_with_level<L: Level>(pixels: &mut [L], level: L, factor: f64) {
    L::replace(pixels, |with| blend(level, with, factor as f32));
}

pub(super) fn brightness<L: Level>(pixels: &mut [L], factor: f64) {
    blend_with_level(pixels, L::default(), factor);
}

pub(super) fn contrast<L: Level>(pixels: &mut [L], factor: f64) {
    let (colours, _) = pixels.as_chunks::<3>();
    let sum: u64 = colours.iter().map(|&colour| u64::from(Into::<u32>::into(luma(colour)))).sum();
    let mean = sum as f64 / colours.len().max(1) as f64;
    blend_with_level(pixels, L::truncated(mean + 0.5), factor);
}

pub(super) fn saturation<L: Level>(pixels: &mut [L], factor: f64) {
    for colour in pixels.as_chunks_mut::<3>().0 {
        let grey = luma(*colour);
        *colour = colour.map(|level| blend(grey, level, factor as f32));
    }
}

pub(super) fn grayscale<L: Level>(pixels: &mut [L]) {
    for colour in pixels.as_chunks_mut::<3>().0 {
        *colour = [luma(*colour); 3];
    }
}
