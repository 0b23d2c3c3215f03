//! What one thread sums: the products of some pixels, for some output channels, panel by panel of input channels.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::{CHANNELS, Gradient, PIXELS};
use crate::cpu::scratch::Scratch;
use crate::cpu::tile::{self, HEIGHT, Tile};

/// Panels of input channels from which the output's gradient is copied for each tile: it is read as often, and
/// in an image of many channels its lines lie so far apart that they drive each other out of the cache.
const REUSED: usize = 3;

/// From one tile's copied columns to the next; no multiple of the cache's size.
fn tile_stride(pixels: &Range<usize>) -> usize {
    pixels.len() * HEIGHT + CHANNELS
}

/// Some pixels and output channels, and where their sums go.
pub(super) struct Task<'a, 't> {
    pub(super) job: &'a Gradient<'a>,
    pub(super) pixels: Range<usize>,
    pub(super) rows: Range<usize>,
    pub(super) sums: &'t mut [f32],
    pub(super) scratch: &'t mut Scratch,
}

/// One tile's channels as one tap sees them.
#[derive(Clone, Copy)]
struct Panel {
    group: usize,
    tap: usize,
    /// The first of them in the group, and their number.
    channel: usize,
    count: usize,
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match tile::vectors::<S>(self.job.depth) {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const NV: usize>(mut self, simd: S) {
        let (depth, width) = (self.job.depth, NV * S::F32_LANES);
        let (groups, taps) =
            (self.job.geometry.groups / self.job.together, self.job.grid.taps.len());
        let panels = taps * depth.div_ceil(width);
        let copied = panels >= REUSED || self.rows.len() < HEIGHT;
        for start in self.pixels.clone().step_by(PIXELS) {
            let pixels = start..self.pixels.end.min(start + PIXELS);
            for group in 0..groups {
                if copied {
                    self.copy_columns(&pixels, group);
                }
                for tap in 0..taps {
                    for channel in (0..depth).step_by(width) {
                        let count = width.min(depth - channel);
                        let panel = Panel { group, tap, channel, count };
                        self.pack(&pixels, panel, width);
                        self.multiply::<S, NV>(simd, &pixels, panel, copied);
                    }
                }
            }
        }
    }

    /// Copies the output's gradient of the rows of a group: for each tile `[pixels, HEIGHT]`.
    fn copy_columns(&mut self, pixels: &Range<usize>, group: usize) {
        let all = self.job.geometry.out_channels;
        let first = group * self.job.rows() + self.rows.start;
        let (rows, stride) = (self.rows.len(), tile_stride(pixels));
        let to = self.scratch.other.grow(rows.div_ceil(HEIGHT) * stride);
        let dy = self.job.dy[pixels.start * all..pixels.end * all].chunks_exact(all);
        for (pixel, dy) in dy.enumerate() {
            let (whole, rest) = dy[first..][..rows].as_chunks::<HEIGHT>();
            let mut to = to.chunks_exact_mut(stride).map(|to| &mut to[pixel * HEIGHT..][..HEIGHT]);
            for (from, to) in whole.iter().zip(&mut to) {
                to.copy_from_slice(from);
            }
            if let Some(to) = to.next() {
                to[..rest.len()].copy_from_slice(rest);
                to[rest.len()..].fill(0.0);
            }
        }
    }

    /// Copies the channels of `panel` of all `pixels`: `[pixels, width]`.
    #[inline(always)]
    fn pack(&mut self, pixels: &Range<usize>, panel: Panel, width: usize) {
        let Gradient { source, grid, depth, .. } = self.job;
        let to = self.scratch.packed.grow(pixels.len() * width);
        let tap = &grid.taps[panel.tap];
        let [height, columns] = grid.size;
        let (mut image, mut y, mut x) = (
            pixels.start / columns / height,
            pixels.start / columns % height,
            pixels.start % columns,
        );
        for to in to.chunks_exact_mut(width) {
            match source.find(tap, &source.position(grid, [image, y, x])) {
                None => to.fill(0.0),
                Some(from) => {
                    let from = &source.values[from + panel.group * depth + panel.channel..];
                    if panel.count == width {
                        to.copy_from_slice(&from[..width]);
                    } else {
                        to[..panel.count].copy_from_slice(&from[..panel.count]);
                        to[panel.count..].fill(0.0);
                    }
                }
            }
            x += 1;
            if x == columns {
                (x, y) = (0, y + 1);
                if y == height {
                    (y, image) = (0, image + 1);
                }
            }
        }
    }

    /// One panel's products with all rows, which are `copied` or read as they lie.
    #[inline(always)]
    fn multiply<S: Simd, const NV: usize>(
        &mut self,
        simd: S,
        pixels: &Range<usize>,
        panel: Panel,
        copied: bool,
    ) {
        let all = self.job.geometry.out_channels;
        let (count, stride) = (self.rows.len(), tile_stride(pixels));
        let length = pixels.len() * NV * S::F32_LANES;
        let first = panel.group * self.job.rows();
        let dy = &self.job.dy[pixels.start * all..pixels.end * all];
        for (index, row) in (0..count).step_by(HEIGHT).enumerate() {
            // The last tile looks back, so that it is whole, but writes only what is new.
            let at = if copied { row } else { row.min(count - HEIGHT) };
            let columns = if copied {
                (&self.scratch.other.get()[index * stride..][..pixels.len() * HEIGHT], HEIGHT)
            } else {
                (&dy[first + self.rows.start + at..], all)
            };
            let mut tile = tile::zero::<S, NV>(simd);
            let vectors = &self.scratch.packed.get()[..length];
            tile::add_columns(simd, &mut tile, columns, vectors);
            let new = row - at..HEIGHT.min(count - at);
            let is_first = pixels.start == self.pixels.start;
            self.store(simd, (first + at, new), panel, &tile, is_first);
        }
    }

    /// Brings the rows `new` of a tile, whose first row is output channel `row`, to the sums.
    #[inline(always)]
    fn store<S: Simd, const NV: usize>(
        &mut self,
        simd: S,
        (row, new): (usize, Range<usize>),
        panel: Panel,
        tile: &Tile<S, NV>,
        is_first: bool,
    ) {
        let products = self.job.products();
        for m in new {
            let start = (row + m) * products + panel.tap * self.job.depth + panel.channel;
            let to = &mut self.sums[start..][..panel.count];
            for (to, &new) in to.chunks_mut(S::F32_LANES).zip(&tile[m]) {
                let sum =
                    if is_first { new } else { simd.add_f32s(simd.partial_load_f32s(to), new) };
                simd.partial_store_f32s(to, sum);
            }
        }
    }
}
