//! Copying pixels without resizing.

use std::ops::Range;

use crate::decode::RgbImage;
use crate::random::SampleRng;

/// Mirrors an image of `width` pixels a row left to right with probability `p`.
pub(super) fn flip_with_chance(pixels: &mut [u8], width: usize, p: f64, rng: &mut SampleRng) {
    if !rng.chance(p) {
        return;
    }
    for row in pixels.chunks_exact_mut(width * 3) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        pixels.reverse();
    }
}

/// Copies the `size` x `size` window at `(top, left)` of `image` to `out`; what lies outside the
/// image is black.
pub(super) fn window(image: &RgbImage, (top, left): (isize, isize), size: usize, out: &mut [u8]) {
    let (from, to) = overlap(image.width, left, size);
    for (row, out) in out.chunks_exact_mut(size * 3).enumerate() {
        let source = row.checked_add_signed(top).filter(|&row| row < image.height);
        match source {
            Some(row) if !from.is_empty() => {
                let start = row * image.width * 3;
                let pixels = &image.pixels[start + from.start * 3..start + from.end * 3];
                out[..to.start * 3].fill(0);
                out[to.start * 3..to.end * 3].copy_from_slice(pixels);
                out[to.end * 3..].fill(0);
            }
            _ => out.fill(0),
        }
    }
}

/// The columns of the image that a window of `size` at `left` sees, and where they lie in it.
fn overlap(extent: usize, left: isize, size: usize) -> (Range<usize>, Range<usize>) {
    let border = left.min(0).unsigned_abs().min(size);
    let start = left.max(0).unsigned_abs().min(extent);
    let len = (size - border).min(extent - start);
    (start..start + len, border..border + len)
}

#[cfg(test)]
mod tests {
    use super::{flip_with_chance, window};
    use crate::decode::RgbImage;
    use crate::random::SampleRng;

    /// One row of grey pixels 1, 2, 3.
    fn row() -> RgbImage {
        RgbImage { height: 1, width: 3, pixels: [1, 2, 3].iter().flat_map(|&n| [n; 3]).collect() }
    }

    fn reds(pixels: &[u8]) -> Vec<u8> {
        pixels.iter().step_by(3).copied().collect()
    }

    #[test]
    fn a_window_beyond_the_image_is_black_there() {
        let mut out = [9; 4 * 4 * 3];
        window(&row(), (-1, -2), 4, &mut out);
        assert_eq!(reds(&out), [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
        window(&row(), (0, 2), 4, &mut out);
        assert_eq!(reds(&out)[..4], [3, 0, 0, 0]);
        window(&row(), (0, 5), 4, &mut out);
        assert_eq!(out, [0; 48]);
    }

    #[test]
    fn a_flip_mirrors_pixels_and_keeps_their_colours() {
        let mut rng = SampleRng::for_sample(0, 0, 0);
        let mut pixels = [1, 2, 3, 4, 5, 6];
        flip_with_chance(&mut pixels, 2, 1.0, &mut rng);
        assert_eq!(pixels, [4, 5, 6, 1, 2, 3]);
        flip_with_chance(&mut pixels, 2, 0.0, &mut rng);
        assert_eq!(pixels, [4, 5, 6, 1, 2, 3]);
    }
}
