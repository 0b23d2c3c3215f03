//! The product behind the forward pass and the data gradient.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::tiles::Tiles;
use super::{MARGIN, PRODUCTS, SIDE, transform};
use crate::cpu::finish::Finish;
use crate::cpu::scratch::{self, Scratch};
use crate::cpu::tile::{self, HEIGHT};
use crate::cpu::weights::Weights;
use crate::cpu::{pool, prefetch};
use crate::instructions::dispatch;

/// Tiles of a block, whose transformed pixels stay in the second-level cache.
const TILES: usize = 8 * HEIGHT;
/// Tasks of each thread: if one is interrupted, another takes what is left.
const TASKS: usize = 4;
/// Tiles that are worth a task of their own.
const FEW: usize = 24;

/// The 3×3 neighbours of every pixel of a target `[images, h, w, channels]`, times weights.
pub(crate) struct Product<'a> {
    pub(crate) tiles: Tiles<'a>,
    pub(crate) weights: &'a Weights,
    pub(crate) channels: usize,
    pub(crate) finish: Finish<'a>,
}

impl Product<'_> {
    /// The target; what `onto` holds, which is as large, is added. Then the tiles that are left to be computed,
    /// by number.
    pub(crate) fn run(&self, onto: Option<Vec<f32>>) -> (Vec<f32>, Vec<usize>) {
        let adds = onto.is_some();
        let lines = self.tiles.lines();
        let length = self.tiles.pixel(lines) * self.channels;
        let mut target = onto.unwrap_or_else(|| pool::take(length));
        let share = self.share(lines);
        let mut rest = &mut *target;
        let mut tasks = Vec::new();
        for first in (0..lines).step_by(share) {
            let lines = first..lines.min(first + share);
            let start = self.tiles.pixel(lines.start);
            let part;
            (part, rest) = rest.split_at_mut((self.tiles.pixel(lines.end) - start) * self.channels);
            tasks.push((lines, start, part));
        }
        let run = |(lines, start, target): (Range<usize>, usize, &mut [f32])| {
            let finish = self.finish.from(start * self.channels);
            scratch::with(|scratch| {
                dispatch(Task { job: self, lines, start, finish, adds, target, scratch })
            })
        };
        let left: Vec<_> = tasks.into_par_iter().map(run).collect();
        (target, left.concat())
    }

    /// Lines of one task.
    fn share(&self, lines: usize) -> usize {
        let threads = rayon::current_num_threads();
        let tiles = lines * self.tiles.columns();
        let tasks = if tiles < threads * TASKS * TILES { threads } else { threads * TASKS };
        lines.div_ceil(tasks.min(tiles.div_ceil(FEW)).max(1)).max(1)
    }
}

/// Some lines of tiles, counted through all images.
struct Task<'a, 't> {
    job: &'a Product<'a>,
    lines: Range<usize>,
    /// The first pixel of the target's part.
    start: usize,
    finish: Finish<'a>,
    /// Whether the target holds numbers to add to.
    adds: bool,
    target: &'t mut [f32],
    scratch: &'t mut Scratch,
}

/// What is known of a tile.
struct Made {
    /// Whether the transforms are good for its numbers.
    fits: bool,
    /// Where its pixels begin in the target's part; those outside the image are none.
    to: [Option<usize>; SIDE * SIDE],
}

impl WithSimd for Task<'_, '_> {
    /// Tiles that are left.
    type Output = Vec<usize>;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> Vec<usize> {
        match tile::vectors::<S>(self.job.channels) {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const NV: usize>(mut self, simd: S) -> Vec<usize> {
        let columns = self.job.tiles.columns();
        let tiles = self.lines.start * columns..self.lines.end * columns;
        // As many in each block, so that none is small.
        let size =
            tiles.len().div_ceil(tiles.len().div_ceil(TILES).max(1)).next_multiple_of(HEIGHT);
        let mut left = Vec::new();
        for first in tiles.clone().step_by(size.max(1)) {
            let tiles = first..tiles.end.min(first + size);
            let made = self.transform::<S>(simd, tiles.clone());
            let bad = tiles.zip(&made).filter(|(_, made)| !made.fits);
            left.extend(bad.map(|(tile, _)| tile));
            for panel in 0..self.job.weights.panels() {
                self.multiply::<S, NV>(simd, &made, panel);
                self.finish_tiles::<S, NV>(simd, &made, panel);
            }
        }
        left
    }

    /// Numbers of a tile's transformed pixels, and from one product's to the next.
    fn strides<S: Simd>(&self, tiles: usize) -> (usize, usize) {
        let depth = self.job.tiles.source.channels.next_multiple_of(S::F32_LANES);
        (depth, tiles * depth + MARGIN)
    }

    /// `[products, tiles, depth]`.
    #[inline(always)]
    fn transform<S: Simd>(&mut self, simd: S, tiles: Range<usize>) -> Vec<Made> {
        let (depth, stride) = self.strides::<S>(tiles.len());
        let source = &self.job.tiles.source;
        let zeros = self.scratch.take_zeros(source.channels);
        let to = self.scratch.packed.grow(PRODUCTS * stride);
        let mut made = Vec::with_capacity(tiles.len());
        for (index, tile) in tiles.enumerate() {
            let pixels = self.job.tiles.seen(tile, &zeros[..source.channels]);
            let place = |channel: usize| index * depth + channel;
            let fits = transform::pixels(simd, &pixels, (to, stride), place);
            let at = self.job.tiles.made(tile);
            made.push(Made { fits, to: at.map(|at| Some((at? - self.start) * self.job.channels)) });
        }
        self.scratch.zeros = zeros;
        made
    }

    /// The products with the weights of a panel, `[products, tiles, width]`.
    #[inline(always)]
    fn multiply<S: Simd, const NV: usize>(&mut self, simd: S, tiles: &[Made], panel: usize) {
        let count = tiles.len();
        let (padded, stride) = self.strides::<S>(count);
        let (depth, width) = (self.job.tiles.source.channels, self.job.weights.width);
        let (room, channels) = (count.next_multiple_of(HEIGHT), self.channels(panel));
        let to_stride = room * width + MARGIN;
        self.scratch.other.grow(PRODUCTS * to_stride);
        for product in 0..PRODUCTS {
            let weights = self.job.weights.panel(0, panel, product * depth..(product + 1) * depth);
            for first in (0..count).step_by(HEIGHT) {
                if let Some(pixel) = product.checked_sub(PRODUCTS - SIDE * SIDE) {
                    let tiles = tiles[first..].iter().take(HEIGHT);
                    tiles.for_each(|tile| self.ask_for(tile.to[pixel], channels.clone()));
                }
                let from = &self.scratch.packed.get()[product * stride..];
                // The last rows are computed again where a tile's are missing.
                let row = |m: usize| &from[(first + m).min(count - 1) * padded..][..depth];
                let mut sums = tile::zero::<S, NV>(simd);
                let rows = [row(0), row(1), row(2), row(3), row(4), row(5)];
                tile::add_rows(simd, &mut sums, rows, weights);
                let to = self.scratch.other.get_mut();
                let to = &mut to[product * to_stride + first * width..][..HEIGHT * width];
                let to = S::as_mut_simd_f32s(to).0.as_chunks_mut::<NV>().0;
                for (to, sums) in to.iter_mut().zip(sums) {
                    *to = sums;
                }
            }
        }
    }

    /// Channels of the target that a panel makes.
    fn channels(&self, panel: usize) -> Range<usize> {
        let first = panel * self.job.weights.width;
        first..self.job.channels.min(first + self.job.weights.width)
    }

    /// Asks for what a tile will write of one pixel, and read for it.
    #[inline(always)]
    fn ask_for(&self, to: Option<usize>, channels: Range<usize>) {
        let Some(to) = to else { return };
        let at = to + channels.start..to + channels.end;
        prefetch::for_writing(&self.target[at.clone()]);
        if let Some(residual) = self.finish.residual {
            prefetch::for_reading(&residual[at]);
        }
    }

    /// Transforms the products of a panel back and brings them to the target.
    #[inline(always)]
    fn finish_tiles<S: Simd, const NV: usize>(&mut self, simd: S, tiles: &[Made], panel: usize) {
        let width = self.job.weights.width;
        let stride = tiles.len().next_multiple_of(HEIGHT) * width + MARGIN;
        let channels = self.channels(panel);
        for (index, tile) in tiles.iter().enumerate() {
            if !tile.fits {
                continue;
            }
            let products = &self.scratch.other.get()[index * width..];
            let sums = transform::products::<S, NV>(simd, products, stride);
            for (to, sums) in tile.to.iter().zip(sums) {
                let Some(to) = *to else { continue };
                let mut sums = [sums];
                if self.adds {
                    tile::add_stored(simd, self.target, &[to], &channels, &mut sums);
                }
                self.finish.apply(simd, &[to], &channels, &mut sums);
                tile::store(simd, self.target, &[to], &channels, &sums);
            }
        }
    }
}
