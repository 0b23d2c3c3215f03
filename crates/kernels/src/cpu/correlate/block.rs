//! Which pixels pass by the weights together.

use std::ops::Range;

use super::Correlation;
use crate::cpu::geometry::Grid;
use crate::cpu::source::Position;
use crate::cpu::tile::HEIGHT;

/// Pixels of a block, whose results stay in the second-level cache.
pub(super) const PIXELS: usize = 40 * HEIGHT;
/// A row outside the image.
pub(super) const OUTSIDE: usize = usize::MAX;

/// Pixels of a grid and where their numbers are.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Where each pixel begins in the task's part of the target.
    pub(super) to: Vec<usize>,
    /// `[taps, pixels]`: where what a tap sees begins in the source; pixels fill the last tile.
    pub(super) from: Vec<usize>,
}

impl Block {
    /// Finds the next of `pixels`, which are among `own`; whether there were any.
    pub(super) fn fill(
        &mut self,
        job: &Correlation<'_>,
        own: &Range<usize>,
        grid: &Grid,
        pixels: &mut impl Iterator<Item = [usize; 3]>,
    ) -> bool {
        let Correlation { source, size, groups, rows, only, .. } = job;
        let mut positions = [Position::default(); PIXELS];
        self.to.clear();
        let room = &mut positions[..block_size(own, grid)];
        let place = |[image, y, x]: [usize; 3]| {
            [image, y * grid.scatter[0] + grid.first[0], x * grid.scatter[1] + grid.first[1]]
        };
        let pixels = pixels.filter(|&pixel| only.is_none_or(|only| only(place(pixel))));
        for (position, pixel) in room.iter_mut().zip(pixels) {
            *position = source.position(grid, pixel);
            let [image, y, x] = place(pixel);
            let pixel = (image * size[0] + y) * size[1] + x - own.start;
            self.to.push(pixel * groups * rows);
        }
        let count = self.to.len();
        self.from.clear();
        for tap in &grid.taps {
            let found = positions[..count].iter().map(|at| source.find(tap, at));
            self.from.extend(found.map(|from| from.unwrap_or(OUTSIDE)));
            self.from.extend(std::iter::repeat_n(OUTSIDE, count.next_multiple_of(HEIGHT) - count));
        }
        count > 0
    }
}

/// Image, row and column in `grid` of every pixel that is among `own`.
pub(super) fn pixels(
    job: &Correlation<'_>,
    own: Range<usize>,
    grid: &Grid,
) -> impl Iterator<Item = [usize; 3]> + use<> {
    let [height, width] = job.size;
    let Grid { first, scatter, size: [rows, columns], .. } = *grid;
    (own.start / width..own.end.div_ceil(width)).flat_map(move |line| {
        let (image, y) = (line / height, line % height);
        let row = y.checked_sub(first[0]).filter(|y| y.is_multiple_of(scatter[0]));
        let row = row.map(|y| y / scatter[0]).filter(|&row| row < rows);
        let (own, start) = (own.clone(), line * width + first[1]);
        row.into_iter().flat_map(move |row| {
            let own = own.clone();
            let is_own = move |column: &usize| own.contains(&(start + column * scatter[1]));
            (0..columns).filter(is_own).map(move |column| [image, row, column])
        })
    })
}

/// Pixels of a block of those in `own`: as many in each, so that none is small.
fn block_size(own: &Range<usize>, grid: &Grid) -> usize {
    let pixels = own.len().div_ceil(grid.scatter[0] * grid.scatter[1]);
    pixels.div_ceil(pixels.div_ceil(PIXELS).max(1)).next_multiple_of(HEIGHT)
}
