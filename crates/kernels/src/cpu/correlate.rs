//! The product behind the forward pass and the data gradient: weights times gathered pixels.
//!
//! A matrix product in blocks, after [Goto and van de Geijn 2008](https://doi.org/10.1145/1356052.1356053):
//! a block of pixels is packed for the second-level cache, one tap and channel after the other, and
//! multiplied with panels of weights in tiles that fit the registers. No column matrix is ever whole.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::finish::Finish;
use super::gather::{Panel, Source};
use super::geometry::Grid;
use super::pool;
use super::scatter::{Rows, Turn};
use super::scratch::{self, Scratch};
use super::tile;
use super::weights::Weights;

/// Products that one pixel sums before they go to memory.
const DEPTH: usize = 384;
/// Numbers of a packed block of pixels: half of a second-level cache of 1 MiB.
const BLOCK: usize = 128 * 1024;
/// Pixels that make a task worth its start.
const TASK: usize = 512;
/// A multiple of the rows of every tile.
const ROWS: usize = 16;

/// Multiplies, for every grid, weights `[groups * rows, taps, depth]` with pixels of `source` into a
/// target `[images, groups * rows, h, w]`.
pub(crate) struct Correlation<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) images: usize,
    pub(crate) grids: &'a [(Grid, Weights)],
    pub(crate) groups: usize,
    pub(crate) rows: usize,
    /// Channels of the source that one group sees.
    pub(crate) depth: usize,
    /// Height and width of the target.
    pub(crate) size: [usize; 2],
    pub(crate) finish: Finish<'a>,
}

impl Correlation<'_> {
    /// The target.
    pub(crate) fn run(&self) -> Vec<f32> {
        let plane = self.size[0] * self.size[1];
        let image = self.groups * self.rows * plane;
        let mut target = pool::take(self.images * image);
        if target.is_empty() {
            return target;
        }
        let (images, rows) = self.share(plane);
        let chunk = if rows == self.rows { images * image } else { rows * plane };
        target.par_chunks_mut(chunk).enumerate().for_each(|(index, target)| {
            let start = index * chunk;
            let first_row = if rows == self.rows { 0 } else { start % image / plane };
            scratch::with(|scratch| {
                Arch::new().dispatch(Task {
                    job: self,
                    first_image: start / image,
                    images: target.len().div_ceil(image),
                    rows: first_row..first_row + rows,
                    finish: self.finish.from(start),
                    target,
                    scratch,
                });
            });
        });
        target
    }

    /// Images and rows of one task: few enough that every thread has one, enough to fill a block.
    fn share(&self, plane: usize) -> (usize, usize) {
        let threads = rayon::current_num_threads();
        let images = TASK.div_ceil(plane).min(self.images.div_ceil(threads)).max(1);
        let split = threads.next_power_of_two();
        let can_split = self.groups == 1 && self.rows.is_multiple_of(split * ROWS);
        if self.images < threads && can_split {
            (1, self.rows / split)
        } else {
            (images, self.rows)
        }
    }
}

/// What one task computes: `rows` of every group of `images` images.
struct Task<'a, 't> {
    job: &'a Correlation<'a>,
    first_image: usize,
    images: usize,
    rows: Range<usize>,
    finish: Finish<'a>,
    target: &'t mut [f32],
    scratch: &'t mut Scratch,
}

/// Some products of some pixels.
struct Block<'a> {
    grid: &'a Grid,
    weights: &'a Weights,
    group: usize,
    /// Counted from the task's first image.
    pixels: Range<usize>,
    products: Range<usize>,
    turn: Turn,
    /// Pixels of a sliver.
    width: usize,
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if tile::outer_rows::<S>() == 8 {
            self.run::<S, 8, 3>(simd);
        } else {
            self.run::<S, 4, 3>(simd);
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NV: usize>(mut self, simd: S) {
        let width = NV * S::F32_LANES;
        // Pixels that no weight reaches, as between those of a strided 1x1 convolution's gradient.
        if self.job.depth == 0 || self.job.grids.iter().any(|(grid, _)| grid.taps.is_empty()) {
            self.target.fill(0.0);
        }
        for (grid, weights) in self.job.grids {
            let all = grid.taps.len() * self.job.depth;
            let depth = all.div_ceil(all.div_ceil(DEPTH).max(1)).max(1);
            let count = (BLOCK / depth / width).max(1) * width;
            let end = self.images * grid.pixels();
            for first in (0..end).step_by(count) {
                let pixels = first..(first + count).min(end);
                let lines = (self.image(), self.job.size[1]);
                self.scratch.scatterer.find(grid, pixels.clone(), width, lines);
                for group in 0..self.job.groups {
                    for start in (0..all).step_by(depth) {
                        let products = start..(start + depth).min(all);
                        let turn = Turn { is_first: start == 0, is_last: products.end == all };
                        let pixels = pixels.clone();
                        let block = Block { grid, weights, group, pixels, products, turn, width };
                        self.pack(&block);
                        self.multiply::<S, MR, NV>(simd, &block);
                    }
                }
            }
        }
    }

    /// Numbers from one image of this task's target to the next.
    #[inline(always)]
    fn image(&self) -> usize {
        let [height, width] = self.job.size;
        let groups = if self.rows.len() == self.job.rows { self.job.groups } else { 1 };
        groups * self.rows.len() * height * width
    }

    /// Packs the pixels of `block`: `[slivers, products, width]`.
    #[inline(always)]
    fn pack(&mut self, block: &Block<'_>) {
        let Block { grid, group, pixels, products, width, .. } = block;
        let depth = self.job.depth;
        let panel = Panel { rows: products.len(), width: *width };
        let slivers = pixels.len().div_ceil(*width);
        let to = scratch::grow(&mut self.scratch.packed, slivers * panel.rows * width);
        let first_pixel = self.first_image * grid.pixels();
        let pixels = pixels.start + first_pixel..pixels.end + first_pixel;
        for tap in products.start / depth..products.end.div_ceil(depth) {
            let part = products.start.max(tap * depth)..products.end.min((tap + 1) * depth);
            let channel = part.start - tap * depth + group * depth;
            self.scratch.gatherer.gather(
                (&self.job.source, grid, &grid.taps[tap]),
                pixels.clone(),
                channel..channel + part.len(),
                (panel, part.start - products.start),
                to,
            );
        }
    }

    #[inline(always)]
    fn multiply<S: Simd, const MR: usize, const NV: usize>(&mut self, simd: S, block: &Block<'_>) {
        let Scratch { packed, tile, scatterer, .. } = &mut *self.scratch;
        let width = block.width;
        let tile = scratch::grow(tile, MR * width);
        let plane = self.job.size[0] * self.job.size[1];
        let products = (block.products.start, block.products.end);
        let sliver_len = block.products.len() * width;
        let slivers = block.pixels.len().div_ceil(width);
        for first in self.rows.clone().step_by(MR) {
            let weights = block.weights.panel(block.group, first / MR, products);
            let row = block.group * self.job.rows + first - self.rows.start;
            let rows = Rows {
                offset: row * plane,
                channel: block.group * self.job.rows + first,
                count: MR.min(self.rows.end - first),
                plane,
            };
            for (sliver, pixels) in packed.chunks_exact(sliver_len).take(slivers).enumerate() {
                tile::outer::<S, MR, NV>(simd, weights, pixels, tile);
                let to = (&self.finish, &mut *self.target);
                scatterer.store(sliver, (tile, width), (rows, block.turn), to);
            }
        }
    }
}
