//! The product behind the forward pass and the data gradient: pixels times weights.
//!
//! Tensors are channels last, so a pixel's channels are neighbours: a tile multiplies the channels of a
//! few pixels as they lie with packed weights, and its vectors run over the channels of the result.
//! Nothing is copied; where a pixel lies outside the image, its row is one of zeros.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::finish::Finish;
use super::geometry::{Grid, Tap};
use super::scratch::{self, Scratch};
use super::tile::{self, HEIGHT};
use super::weights::Weights;
use super::{pool, prefetch};
use crate::instructions::dispatch;

/// Products that a tile sums before it goes to memory: so many rows of weights stay in the second-level
/// cache, while the pixels of a block pass by.
const DEPTH: usize = 384;
/// Pixels of a block, whose results stay in the second-level cache.
const PIXELS: usize = 40 * HEIGHT;
/// Weights that stay in the second-level cache beside the pixels.
const FEW: usize = 1 << 16;
/// Multiplications that are worth a task of their own.
const WORK: usize = 1 << 20;
/// Tasks of each thread, where pixels suffice: if one is interrupted, another takes what is left.
const TASKS: usize = 4;
/// A row outside the image.
const OUTSIDE: usize = usize::MAX;

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

/// Multiplies, for every grid, pixels of `source` with weights `[groups * rows, taps, depth]` into a
/// target `[images, h, w, groups * rows]`.
#[derive(Clone, Copy)]
pub(crate) struct Correlation<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) images: usize,
    pub(crate) grids: &'a [(Grid, &'a Weights)],
    pub(crate) groups: usize,
    /// Channels of the target that one group makes.
    pub(crate) rows: usize,
    /// Neighbours in the source that one tap sees.
    pub(crate) depth: usize,
    /// Height and width of the target.
    pub(crate) size: [usize; 2],
    pub(crate) finish: Finish<'a>,
    /// Of pixel `(y, x)` of an image of the target, whether it is computed; all are, if nothing is said.
    pub(crate) only: Option<&'a (dyn Fn([usize; 3]) -> bool + Sync)>,
}

impl Correlation<'_> {
    /// The target; what `onto` holds, which is as large, is added.
    pub(crate) fn run(&self, onto: Option<Vec<f32>>) -> Vec<f32> {
        let length = self.images * self.size[0] * self.size[1] * self.groups * self.rows;
        let adds = onto.is_some();
        let mut target = onto.unwrap_or_else(|| pool::take(length));
        if !target.is_empty() {
            self.write(&mut target, adds);
        }
        target
    }

    /// Writes the target, or adds to it.
    pub(crate) fn write(&self, target: &mut [f32], adds: bool) {
        let channels = self.groups * self.rows;
        let pixels = target.len() / channels;
        let share = self.share(pixels);
        target.par_chunks_mut(share * channels).enumerate().for_each(|(index, target)| {
            scratch::with(|scratch| {
                dispatch(Task {
                    job: self,
                    pixels: index * share..pixels.min((index + 1) * share),
                    finish: self.finish.from(index * share * channels),
                    adds,
                    target,
                    scratch,
                });
            });
        });
    }

    /// Pixels of one task.
    fn share(&self, pixels: usize) -> usize {
        let taps: usize = self.grids.iter().map(|(grid, _)| grid.taps.len()).sum();
        let products = taps * self.depth / self.grids.len().max(1);
        let work = pixels * self.groups * self.rows * products;
        let tasks = (work / WORK).clamp(1, rayon::current_num_threads());
        let share = pixels.div_ceil(tasks);
        let several = if share < TASKS * PIXELS { 1 } else { TASKS };
        share.div_ceil(several).next_multiple_of(HEIGHT)
    }
}

/// What one task computes: some pixels of the target, counted through all images.
struct Task<'a, 't> {
    job: &'a Correlation<'a>,
    pixels: Range<usize>,
    finish: Finish<'a>,
    /// Whether the target holds numbers to add to.
    adds: bool,
    target: &'t mut [f32],
    scratch: &'t mut Scratch,
}

/// Pixels of a grid and where their numbers are.
#[derive(Debug, Default)]
pub(crate) struct Block {
    /// Where each pixel begins in the task's part of the target.
    to: Vec<usize>,
    /// `[taps, pixels]`: where what a tap sees begins in the source; pixels fill the last tile.
    from: Vec<usize>,
}

/// Products that are summed together: some taps with all channels, or one with some.
#[derive(Debug, Clone)]
struct Part {
    taps: Range<usize>,
    channels: Range<usize>,
    is_first: bool,
    is_last: bool,
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match tile::vectors::<S>(self.job.rows) {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const NV: usize>(mut self, simd: S) {
        let mut block = std::mem::take(&mut self.scratch.block);
        let zeros = self.scratch.take_zeros(self.job.depth);
        for (grid, weights) in self.job.grids {
            let parts = self.parts(grid);
            // Pixels that no weight reaches, as between those of a strided 1x1 convolution's gradient.
            let count = self.job.groups * self.job.rows;
            let mut pixels = self.pixels(grid);
            while self.fill(&mut block, grid, &mut pixels) {
                if parts.is_empty() && !self.adds {
                    block.to.iter().for_each(|&to| self.target[to..to + count].fill(0.0));
                }
                // Where all weights stay in the cache, the channels of a pixel are written one after
                // another; else the pixels pass by some of the weights.
                let tiles = block.to.len().div_ceil(HEIGHT);
                let together = if weights.len() <= FEW { 1 } else { tiles };
                for first in (0..tiles).step_by(together) {
                    let tiles = first..first + together;
                    for group in 0..self.job.groups {
                        for panel in 0..weights.panels() {
                            for part in &parts {
                                let weights = (*weights, group, panel);
                                let pixels = (&block, tiles.clone());
                                self.multiply::<S, NV>(simd, pixels, weights, (part, &zeros));
                            }
                        }
                    }
                }
            }
        }
        self.scratch.block = block;
        self.scratch.zeros = zeros;
    }

    /// The products of a pixel, cut.
    fn parts(&self, grid: &Grid) -> Vec<Part> {
        let (taps, depth) = (grid.taps.len(), self.job.depth);
        let share =
            |count: usize, most: usize| count.div_ceil(count.div_ceil(most.max(1)).max(1)).max(1);
        let (by_taps, by_depth) = (share(taps, DEPTH / depth.max(1)), share(depth, DEPTH));
        let mut parts = Vec::new();
        for tap in (0..if depth == 0 { 0 } else { taps }).step_by(by_taps) {
            for channel in (0..depth).step_by(by_depth) {
                let channels = channel..depth.min(channel + by_depth);
                let taps = tap..taps.min(tap + by_taps);
                parts.push(Part { taps, channels, is_first: parts.is_empty(), is_last: false });
            }
        }
        if let Some(last) = parts.last_mut() {
            last.is_last = true;
        }
        parts
    }

    /// Image, row and column in `grid` of every pixel that is the task's.
    fn pixels(&self, grid: &Grid) -> impl Iterator<Item = [usize; 3]> + use<> {
        let (own, [height, width]) = (self.pixels.clone(), self.job.size);
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

    /// Pixels of a block: as many in each, so that none is small.
    fn block_size(&self, grid: &Grid) -> usize {
        let pixels = self.pixels.len().div_ceil(grid.scatter[0] * grid.scatter[1]);
        pixels.div_ceil(pixels.div_ceil(PIXELS).max(1)).next_multiple_of(HEIGHT)
    }

    /// Finds the next pixels; whether there were any.
    fn fill(
        &self,
        block: &mut Block,
        grid: &Grid,
        pixels: &mut impl Iterator<Item = [usize; 3]>,
    ) -> bool {
        let Correlation { source, size, groups, rows, only, .. } = self.job;
        let mut positions = [Position::default(); PIXELS];
        block.to.clear();
        let room = &mut positions[..self.block_size(grid)];
        let place = |[image, y, x]: [usize; 3]| {
            [image, y * grid.scatter[0] + grid.first[0], x * grid.scatter[1] + grid.first[1]]
        };
        let pixels = pixels.filter(|&pixel| only.is_none_or(|only| only(place(pixel))));
        for (position, pixel) in room.iter_mut().zip(pixels) {
            *position = source.position(grid, pixel);
            let [image, y, x] = place(pixel);
            let pixel = (image * size[0] + y) * size[1] + x - self.pixels.start;
            block.to.push(pixel * groups * rows);
        }
        let count = block.to.len();
        block.from.clear();
        for tap in &grid.taps {
            let found = positions[..count].iter().map(|at| source.find(tap, at));
            block.from.extend(found.map(|from| from.unwrap_or(OUTSIDE)));
            block.from.extend(std::iter::repeat_n(OUTSIDE, count.next_multiple_of(HEIGHT) - count));
        }
        count > 0
    }

    #[inline(always)]
    fn multiply<S: Simd, const NV: usize>(
        &mut self,
        simd: S,
        (block, tiles): (&Block, Range<usize>),
        (weights, group, panel): (&Weights, usize, usize),
        (part, zeros): (&Part, &[f32]),
    ) {
        let Correlation { source, depth, rows, .. } = self.job;
        let length = part.channels.len();
        let products = part.taps.start * depth + part.channels.start;
        let products = products..products + part.taps.len() * length;
        let (panel_weights, width) = (weights.panel(group, panel, products), weights.width);
        let count = block.to.len().next_multiple_of(HEIGHT);
        let channel = panel * weights.width;
        let channels = group * rows + channel..group * rows + (*rows).min(channel + weights.width);
        let start = group * depth + part.channels.start;
        // What a tile reads and writes besides is asked for little by little: too much at once would keep
        // the weights waiting.
        let step = (part.taps.len() * length).div_ceil(HEIGHT).max(1);
        for (index, to) in block.to.chunks(HEIGHT).enumerate().take(tiles.end).skip(tiles.start) {
            let mut sums = tile::zero::<S, NV>(simd);
            if !part.is_first {
                add(simd, self.target, to, &channels, &mut sums);
            }
            let mut to_come = to.iter();
            for (tap, weights) in
                part.taps.clone().zip(panel_weights.chunks_exact(length * weights.width))
            {
                let from = &block.from[tap * count + index * HEIGHT..][..HEIGHT];
                let row = |m: usize| match from[m] {
                    OUTSIDE => &zeros[..length],
                    from => &source.values[from + start..][..length],
                };
                let pixels = [row(0), row(1), row(2), row(3), row(4), row(5)];
                for first in (0..length).step_by(step) {
                    if let Some(&to) = to_come.next() {
                        self.ask_for(part, to + channels.start..to + channels.end);
                    }
                    let own = first..length.min(first + step);
                    let weights = &weights[own.start * width..own.end * width];
                    tile::add_rows(simd, &mut sums, pixels.map(|row| &row[own.clone()]), weights);
                }
            }
            // What was there before comes from memory: last, when it has arrived.
            if self.adds && part.is_first {
                add(simd, self.target, to, &channels, &mut sums);
            }
            if part.is_last {
                self.finish.apply(simd, to, &channels, &mut sums);
            }
            store(simd, self.target, to, &channels, &sums);
        }
    }

    /// Asks for what a tile will write of one pixel, and read for it.
    #[inline(always)]
    fn ask_for(&self, part: &Part, at: Range<usize>) {
        prefetch::for_writing(&self.target[at.clone()]);
        if let (true, Some(residual)) = (part.is_last, self.finish.residual) {
            prefetch::for_reading(&residual[at]);
        }
    }
}

/// Adds what there is so far of `channels` of the pixels that begin at `to`.
#[inline(always)]
pub(super) fn add<S: Simd, const NV: usize, const H: usize>(
    simd: S,
    target: &[f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &mut [[S::f32s; NV]; H],
) {
    for (sums, to) in sums.iter_mut().zip(to) {
        let from = tile::row::<S, NV>(simd, &target[to + channels.start..][..channels.len()]);
        for n in 0..NV {
            sums[n] = simd.add_f32s(sums[n], from[n]);
        }
    }
}

/// Writes the sums of `channels` of the pixels that begin at `to`.
#[inline(always)]
pub(super) fn store<S: Simd, const NV: usize, const H: usize>(
    simd: S,
    target: &mut [f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &[[S::f32s; NV]; H],
) {
    for (sums, to) in sums.iter().zip(to) {
        let to = &mut target[to + channels.start..][..channels.len()];
        if let Some(to) = S::as_mut_simd_f32s(to).0.first_chunk_mut() {
            *to = *sums;
        } else {
            for (sum, to) in sums.iter().zip(to.chunks_mut(S::F32_LANES)) {
                simd.partial_store_f32s(to, *sum);
            }
        }
    }
}
