//! The gradient of a convolution's weights: for every tap a product of the output's gradient with the
//! pixels that the tap sees, summed over all pixels.
//!
//! Tensors are channels last: vectors run over input channels, which are copied side by side for some
//! pixels at a time; the output's gradient is read as it lies.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::correlate::Source;
use super::geometry::{Geometry, Grid};
use super::pool;
use super::scratch::{self, Scratch};
use super::tile::{self, HEIGHT, Tile};
use crate::instructions::dispatch;

/// Pixels that a tile sums before it goes to memory; their input channels of one tile stay in the
/// second-level cache.
const PIXELS: usize = 384;
/// Weights from which threads share output channels, not pixels: the sums of each thread for all of
/// them would not stay in its cache.
pub(super) const MANY: usize = 1 << 17;

/// Panels of input channels from which the output's gradient is copied for each tile: it is read as often, and
/// in an image of many channels its lines lie so far apart that they drive each other out of the cache.
const REUSED: usize = 3;

/// Input channels that fill a vector. Narrower groups are taken together: what one of them has to do with
/// the others' channels is computed and left out.
const CHANNELS: usize = 16;

/// The gradient of the weights `[o, c, kh, kw]` from the convolution's input and the gradient `dy` of its
/// output. The grid is that of the forward pass, whose taps see `depth` neighbours each.
pub(crate) struct Gradient<'a> {
    geometry: &'a Geometry,
    source: Source<'a>,
    dy: &'a [f32],
    grid: &'a Grid,
    /// Groups that are taken together.
    together: usize,
    /// Neighbours in the source that they see.
    depth: usize,
}

impl<'a> Gradient<'a> {
    pub(crate) fn new(
        geometry: &'a Geometry,
        (source, grid, depth): (Source<'a>, &'a Grid, usize),
        dy: &'a [f32],
    ) -> Self {
        let fits = |groups: &usize| geometry.groups.is_multiple_of(*groups);
        let wanted = CHANNELS.div_ceil(depth.max(1)).clamp(1, geometry.groups.max(1));
        let together = (wanted..=geometry.groups).find(fits).unwrap_or(1);
        Self { geometry, source, dy, grid, together, depth: depth * together }
    }

    /// Output channels of the groups that are taken together.
    fn rows(&self) -> usize {
        self.geometry.out_depth() * self.together
    }

    pub(crate) fn run(&self) -> Vec<f32> {
        let geometry = self.geometry;
        let pixels = geometry.batch * geometry.output_plane();
        let threads = rayon::current_num_threads();
        let by_channels = geometry.groups == 1 && geometry.weight_len() >= MANY;
        let share = geometry.out_channels.div_ceil(threads).next_multiple_of(HEIGHT);
        // The order of the sums depends on the number of threads alone.
        let mut sums = if by_channels && share < geometry.out_channels {
            let mut sums = pool::take(geometry.weight_len());
            let row = self.products();
            sums.par_chunks_mut(share * row).enumerate().for_each(|(index, sums)| {
                let first = index * share;
                self.sum(0..pixels, first..first + sums.len() / row, sums);
            });
            vec![sums]
        } else {
            let tasks = threads.min(pixels.div_ceil(PIXELS)).max(1);
            let share = pixels.div_ceil(tasks);
            let sum = |task: usize| {
                let mut sums = pool::take(geometry.out_channels * self.products());
                let pixels = task * share..pixels.min((task + 1) * share);
                self.sum(pixels, 0..self.rows(), &mut sums);
                sums
            };
            (0..tasks).into_par_iter().map(sum).collect()
        };
        if let ([_], 1, 1) = (&*sums, geometry.taps(), self.together) {
            // These lie as they are wanted.
            return sums.swap_remove(0);
        }
        let gradient = self.transpose(&sums);
        sums.into_iter().for_each(pool::give);
        gradient
    }

    /// Weights of one output channel.
    fn products(&self) -> usize {
        self.grid.taps.len() * self.depth
    }

    /// `[o, taps, c]` of every thread, with the channels of all groups that are taken together, to their
    /// sum `[o, c, taps]`.
    fn transpose(&self, sums: &[Vec<f32>]) -> Vec<f32> {
        let (depth, taps) = (self.geometry.in_depth(), self.geometry.taps());
        let mut gradient = pool::take(self.geometry.weight_len());
        let products = self.products();
        gradient.par_chunks_mut((depth * taps).max(1)).enumerate().for_each(|(o, to)| {
            let own = o / self.geometry.out_depth() % self.together * depth;
            for (index, sums) in sums.iter().enumerate() {
                let from = &sums[o * products..][..products];
                for (tap, from) in from.chunks_exact(depth * self.together).enumerate() {
                    let from = &from[own..][..depth];
                    for (to, from) in to.iter_mut().skip(tap).step_by(taps).zip(from) {
                        *to = if index == 0 { *from } else { *to + from };
                    }
                }
            }
        });
        gradient
    }

    /// Writes the sums over `pixels` for the output channels `rows` of every group.
    fn sum(&self, pixels: Range<usize>, rows: Range<usize>, sums: &mut [f32]) {
        if pixels.is_empty() {
            sums.fill(0.0);
        }
        scratch::with(|scratch| {
            dispatch(Task { job: self, pixels, rows, sums, scratch });
        });
    }
}

/// From one tile's copied columns to the next; no multiple of the cache's size.
fn tile_stride(pixels: &Range<usize>) -> usize {
    pixels.len() * HEIGHT + CHANNELS
}

struct Task<'a, 't> {
    job: &'a Gradient<'a>,
    pixels: Range<usize>,
    rows: Range<usize>,
    sums: &'t mut [f32],
    scratch: &'t mut Scratch,
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
