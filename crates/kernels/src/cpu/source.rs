//! The images that a convolution reads, and which of their pixels a tap sees.

use super::geometry::{Grid, Tap};

/// The tensor that pixels are read from: `[images, h, w, channels]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) channels: usize,
    pub(crate) size: [usize; 2],
}

/// A pixel, as [`Source::find`] looks for what it sees.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Position {
    /// Row and column in the source of a tap without offset.
    at: [isize; 2],
    /// Where the channels there begin.
    start: isize,
}

impl Source<'_> {
    /// Pixel `(y, x)` of `grid`.
    #[inline(always)]
    pub(crate) fn position(&self, grid: &Grid, [image, y, x]: [usize; 3]) -> Position {
        let (y, x) = (y * grid.gather[0], x * grid.gather[1]);
        let start = ((image * self.size[0] + y) * self.size[1] + x) * self.channels;
        Position { at: [y as isize, x as isize], start: start as isize }
    }

    /// The channels of pixel `(y, x)` of an image, if it is inside.
    #[inline(always)]
    pub(crate) fn pixel(&self, image: usize, [y, x]: [isize; 2]) -> Option<&[f32]> {
        // What is negative becomes greater than every size.
        let (y, x) = (y as usize, x as usize);
        let start = || ((image * self.size[0] + y) * self.size[1] + x) * self.channels;
        (y < self.size[0] && x < self.size[1]).then(|| &self.values[start()..][..self.channels])
    }

    /// Where the channels of what `tap` sees from a pixel begin.
    #[inline(always)]
    pub(crate) fn find(&self, tap: &Tap, pixel: &Position) -> Option<usize> {
        let ([y, x], [dy, dx]) = (pixel.at, tap.offset);
        // What is negative becomes greater than every size.
        let inside = ((y + dy) as usize) < self.size[0] && ((x + dx) as usize) < self.size[1];
        let offset = (dy * self.size[1] as isize + dx) * self.channels as isize;
        inside.then_some((pixel.start + offset) as usize)
    }
}
