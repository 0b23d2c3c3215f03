//! Copying pixels without resizing.

use std::ops::Range;

use super::region::Region;
use crate::decode::RgbImage;
use crate::level::Level;

/// Mirrors an image of `width` pixels a row left to right.
pub(super) fn flip_horizontally<L: Level>(pixels: &mut [L], width: usize) {
    for row in pixels.chunks_exact_mut(width * 3) {
        let (pixels, _) = row.as_chunks_mut::<3>();
        pixels.reverse();
    }
}

/// Mirrors an image of `width` pixels a row top to bottom.
pub(super) fn flip_vertically<L: Level>(pixels: &mut [L], width: usize) {
    let row = width * 3;
    let rows = pixels.len() / row;
    let (top, bottom) = pixels.split_at_mut(rows / 2 * row);
    let bottom = bottom.chunks_exact_mut(row).rev();
    for (upper, lower) in top.chunks_exact_mut(row).zip(bottom) {
        upper.swap_with_slice(lower);
    }
}

/// A square window at an image, which may see beyond its borders.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window<L> {
    /// Top and left, in coordinates of the image: negative where the window begins before it.
    pub(super) offset: (isize, isize),
    /// Rows and columns.
    pub(super) size: usize,
    /// The colour of what is not the image.
    pub(super) fill: [L; 3],
}

impl<L: Level> Window<L> {
    /// The part of an image of (height, width) that is seen.
    pub(super) fn seen(self, (height, width): (usize, usize)) -> Region {
        let (rows, _) = overlap(height, self.offset.0, self.size);
        let (columns, _) = overlap(width, self.offset.1, self.size);
        let (top, left) = (rows.start, columns.start);
        Region { top, left, height: rows.len(), width: columns.len() }
    }

    /// The same window at a `part` of the image, whose corner is the origin now.
    pub(super) fn at(self, part: Region) -> Self {
        let (top, left) = self.offset;
        let offset = (top - part.top.cast_signed(), left - part.left.cast_signed());
        Self { offset, ..self }
    }

    /// Copies what it shows of `image` to `out`.
    pub(super) fn copy(self, image: &RgbImage<L>, out: &mut [L]) {
        let Self { offset: (top, left), size, fill } = self;
        let (from, to) = overlap(image.width, left, size);
        for (row, out) in out.chunks_exact_mut(size * 3).enumerate() {
            let source = row.checked_add_signed(top).filter(|&row| row < image.height);
            match source {
                Some(row) if !from.is_empty() => {
                    let start = row * image.width * 3;
                    let pixels = &image.pixels[start + from.start * 3..start + from.end * 3];
                    paint(&mut out[..to.start * 3], fill);
                    out[to.start * 3..to.end * 3].copy_from_slice(pixels);
                    paint(&mut out[to.end * 3..], fill);
                }
                _ => paint(out, fill),
            }
        }
    }
}

/// Gives every pixel the same colour.
pub(super) fn paint<L: Level>(pixels: &mut [L], colour: [L; 3]) {
    pixels.as_chunks_mut::<3>().0.fill(colour);
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
    use super::{Window, flip_horizontally, flip_vertically};
    use crate::decode::RgbImage;

    /// One row of grey pixels 1, 2, 3.
    fn row() -> RgbImage {
        RgbImage { height: 1, width: 3, pixels: [1u8, 2, 3].iter().flat_map(|&n| [n; 3]).collect() }
    }

    fn reds(pixels: &[u8]) -> Vec<u8> {
        pixels.iter().step_by(3).copied().collect()
    }

    #[test]
    fn a_window_beyond_the_image_is_filled_there() {
        let mut out = [9u8; 4 * 4 * 3];
        let mut copy = |offset, fill| {
            Window { offset, size: 4, fill }.copy(&row(), &mut out);
            out
        };
        let out = copy((-1, -2), [0; 3]);
        assert_eq!(reds(&out), [0, 0, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 0, 0, 0, 0]);
        let out = copy((0, 2), [7, 8, 9]);
        assert_eq!(reds(&out)[..5], [3, 7, 7, 7, 7]);
        assert_eq!(out[3..6], [7, 8, 9]);
        assert_eq!(copy((0, 5), [0; 3]), [0; 48]);
    }

    #[test]
    fn a_flip_mirrors_pixels_and_keeps_their_colours() {
        let mut pixels = [1u8, 2, 3, 4, 5, 6];
        flip_horizontally(&mut pixels, 2);
        assert_eq!(pixels, [4, 5, 6, 1, 2, 3]);
        flip_vertically(&mut pixels, 1);
        assert_eq!(pixels, [1, 2, 3, 4, 5, 6]);
        let mut three_rows = [1u8, 1, 1, 2, 2, 2, 3, 3, 3];
        flip_vertically(&mut three_rows, 1);
        assert_eq!(three_rows, [3, 3, 3, 2, 2, 2, 1, 1, 1]);
    }
}
