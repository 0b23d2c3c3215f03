//! Sharpness: Pillow's `ImageEnhance.Sharpness`.

use super::colour::blend;
use super::scratch::copy_to;
use crate::level::Level;

/// Blends the image with its average over 3x3 pixels, of which the centre counts five times
/// (Pillow's `SMOOTH` filter). The outermost pixels stay as they are.
pub(super) fn sharpness<L: Level>(
    pixels: &mut [L],
    width: usize,
    factor: f64,
    source: &mut Vec<L>,
) {
    let stride = width * 3;
    let height = pixels.len() / stride;
    if height < 3 || width < 3 {
        return;
    }
    copy_to(source, pixels);
    for (y, out) in pixels.chunks_exact_mut(stride).enumerate().take(height - 1).skip(1) {
        let rows = &source[(y - 1) * stride..(y + 2) * stride];
        for (at, out) in out.iter_mut().enumerate().take(stride - 3).skip(3) {
            *out = blend(smooth(rows, stride, at), *out, factor as f32);
        }
    }
}

/// The weighted average around level `at` of the middle one of three rows, rounded.
fn smooth<L: Level>(rows: &[L], stride: usize, at: usize) -> L {
    let level = |index: usize| Into::<u32>::into(rows[index]);
    let sum_across = |at: usize| level(at - 3) + level(at) + level(at + 3);
    let middle = stride + at;
    let sum = sum_across(at) + sum_across(middle) + sum_across(middle + stride);
    L::of(((sum + 4 * level(middle) + 6) / 13) as usize)
}
