//! Takes finished tiles to where their pixels belong.

use std::ops::Range;

use super::finish::Finish;
use super::geometry::Grid;

/// Neighbours in a tile's row that are `step` apart in the target.
#[derive(Debug, Clone, Copy)]
struct Run {
    lane: usize,
    to: usize,
    length: usize,
}

/// Finds where the pixels of each sliver go; keeps its memory between calls.
#[derive(Debug, Default)]
pub(crate) struct Scatterer {
    runs: Vec<Run>,
    /// Where the runs of each sliver end.
    ends: Vec<usize>,
    step: usize,
}

/// How a tile meets what the target holds: the first products of a pixel replace it, later ones are
/// added, and after the last ones the pixel is finished.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Turn {
    pub(crate) is_first: bool,
    pub(crate) is_last: bool,
}

/// Rows of the target that a tile belongs to.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rows {
    /// Offset of the first row in the task's part of the target.
    pub(crate) offset: usize,
    /// Channel of the first row.
    pub(crate) channel: usize,
    pub(crate) count: usize,
    /// Numbers from one row to the next.
    pub(crate) plane: usize,
}

impl Scatterer {
    /// Looks up `pixels` of `grid`, cut into slivers of `width`; images of the target are `image`
    /// numbers apart and its lines `line`.
    pub(crate) fn find(
        &mut self,
        grid: &Grid,
        pixels: Range<usize>,
        width: usize,
        (image, line): (usize, usize),
    ) {
        self.runs.clear();
        self.ends.clear();
        self.step = grid.scatter[1];
        // A target without gaps is one long line per image.
        let dense = grid.scatter == [1, 1];
        let span = if dense { grid.pixels() } else { grid.size[1] };
        for sliver in pixels.clone().step_by(width) {
            let end = (sliver + width).min(pixels.end);
            let mut pixel = sliver;
            while pixel < end {
                let (index, x) = (pixel / span, pixel % span);
                let length = (span - x).min(end - pixel);
                let to = if dense {
                    index * image + x
                } else {
                    let (index, y) = (index / grid.size[0], index % grid.size[0]);
                    let [top, left] = grid.first;
                    index * image + (y * grid.scatter[0] + top) * line + x * self.step + left
                };
                self.runs.push(Run { lane: pixel - sliver, to, length });
                pixel += length;
            }
            self.ends.push(self.runs.len());
        }
    }

    /// Stores the tile `[rows, width]` of sliver `sliver`.
    #[inline(always)]
    pub(crate) fn store(
        &self,
        sliver: usize,
        (tile, width): (&[f32], usize),
        (rows, turn): (Rows, Turn),
        (finish, target): (&Finish<'_>, &mut [f32]),
    ) {
        let start = if sliver == 0 { 0 } else { self.ends[sliver - 1] };
        let runs = &self.runs[start..self.ends[sliver]];
        for (index, tile) in tile.chunks_exact(width).take(rows.count).enumerate() {
            let offset = rows.offset + index * rows.plane;
            for run in runs {
                let tile = &tile[run.lane..][..run.length];
                let to = &mut target[offset + run.to..];
                put(tile, to, self.step, turn.is_first);
                if turn.is_last && !finish.is_nothing() {
                    let to = &mut to[..run.length];
                    finish.apply(rows.channel + index, offset + run.to, to);
                }
            }
        }
    }
}

#[inline(always)]
fn put(tile: &[f32], to: &mut [f32], step: usize, replace: bool) {
    if step > 1 {
        for (to, &new) in to.iter_mut().step_by(step).zip(tile) {
            *to = if replace { new } else { *to + new };
        }
    } else if replace {
        for (to, &new) in to.iter_mut().zip(tile) {
            *to = new;
        }
    } else {
        for (to, &new) in to.iter_mut().zip(tile) {
            *to += new;
        }
    }
}
