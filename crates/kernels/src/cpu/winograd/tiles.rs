//! Which pixels a tile sees and makes.

use super::{PRODUCTS, SIDE};
use crate::cpu::source::Source;

/// The tiles of a target `[images, h, w, channels]`, line by line, through all images.
#[derive(Clone, Copy)]
pub(crate) struct Tiles<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) images: usize,
    /// Where the neighbours of the target's first pixel begin in the source.
    pub(crate) first: [isize; 2],
    /// Height and width of the target.
    pub(crate) size: [usize; 2],
}

impl Tiles<'_> {
    /// Lines of all images.
    pub(super) fn lines(&self) -> usize {
        self.images * self.lines_of_image()
    }

    fn lines_of_image(&self) -> usize {
        self.size[0].div_ceil(SIDE)
    }

    /// Tiles in a line.
    pub(super) fn columns(&self) -> usize {
        self.size[1].div_ceil(SIDE)
    }

    /// The first pixel of a line, counted through all images.
    pub(super) fn pixel(&self, line: usize) -> usize {
        let ([height, width], lines) = (self.size, self.lines_of_image());
        (line / lines * height + line % lines * SIDE) * width
    }

    /// The tile of pixel `(y, x)` of an image of the target.
    pub(crate) fn tile(&self, [image, y, x]: [usize; 3]) -> usize {
        (image * self.lines_of_image() + y / SIDE) * self.columns() + x / SIDE
    }

    /// Image and first pixel of a tile.
    #[inline(always)]
    fn place(&self, tile: usize) -> [usize; 3] {
        let (line, column) = (tile / self.columns(), tile % self.columns());
        let lines = self.lines_of_image();
        [line / lines, line % lines * SIDE, column * SIDE]
    }

    /// The pixels that a tile makes, counted through all images; those outside the image are none.
    #[inline(always)]
    pub(super) fn made(&self, tile: usize) -> [Option<usize>; SIDE * SIDE] {
        let ([image, y, x], [height, width]) = (self.place(tile), self.size);
        let mut pixels = [None; SIDE * SIDE];
        for (number, pixel) in pixels.iter_mut().enumerate() {
            let (y, x) = (y + number / SIDE, x + number % SIDE);
            *pixel = (y < height && x < width).then_some((image * height + y) * width + x);
        }
        pixels
    }

    /// What a tile sees of the source, with `outside` around it.
    #[inline(always)]
    pub(super) fn seen<'b>(&'b self, tile: usize, outside: &'b [f32]) -> [&'b [f32]; PRODUCTS] {
        let [image, y, x] = self.place(tile);
        let (y, x) = (y as isize + self.first[0], x as isize + self.first[1]);
        let mut pixels = [outside; PRODUCTS];
        for (at, pixel) in pixels.iter_mut().enumerate() {
            let (dy, dx) = ((at / 4) as isize, (at % 4) as isize);
            if let Some(inside) = self.source.pixel(image, [y + dy, x + dx]) {
                *pixel = inside;
            }
        }
        pixels
    }
}
