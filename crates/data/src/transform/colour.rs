//! Brightness, contrast and saturation: Pillow's `ImageEnhance`, which blends the image with a
//! version of it that lacks the quality.

/// Luma in 8 bits, as Pillow's conversion to mode `L` computes it.
pub(super) fn luma([r, g, b]: [u8; 3]) -> u8 {
    let [r, g, b] = [r, g, b].map(u32::from);
    ((r * 19_595 + g * 38_470 + b * 7_471 + 0x8000) >> 16) as u8
}

/// Pillow's `Image.blend`: `factor` 0 gives `without`, 1 gives `with`, in single precision,
/// truncated.
pub(super) fn blend(without: u8, with: u8, factor: f32) -> u8 {
    let (without, with) = (f32::from(without), f32::from(with));
    // The cast keeps what extrapolation takes outside of 0 to 255 at the ends.
    (without + factor * (with - without)) as u8
}

/// Blends every level with the same one.
fn blend_with_level(pixels: &mut [u8], level: u8, factor: f64) {
    let table: [u8; 256] = std::array::from_fn(|with| blend(level, with as u8, factor as f32));
    pixels.iter_mut().for_each(|pixel| *pixel = table[usize::from(*pixel)]);
}

pub(super) fn brightness(pixels: &mut [u8], factor: f64) {
    blend_with_level(pixels, 0, factor);
}

pub(super) fn contrast(pixels: &mut [u8], factor: f64) {
    let (colours, _) = pixels.as_chunks::<3>();
    let sum: u64 = colours.iter().map(|&colour| u64::from(luma(colour))).sum();
    let mean = sum as f64 / colours.len().max(1) as f64;
    blend_with_level(pixels, (mean + 0.5) as u8, factor);
}

pub(super) fn saturation(pixels: &mut [u8], factor: f64) {
    for colour in pixels.as_chunks_mut::<3>().0 {
        let grey = luma(*colour);
        *colour = colour.map(|level| blend(grey, level, factor as f32));
    }
}

pub(super) fn grayscale(pixels: &mut [u8]) {
    for colour in pixels.as_chunks_mut::<3>().0 {
        *colour = [luma(*colour); 3];
    }
}
