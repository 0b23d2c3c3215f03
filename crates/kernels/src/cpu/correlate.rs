//! The product behind the forward pass and the data gradient: pixels times weights.
//!
//! Tensors are channels last, so a pixel's channels are neighbours: a tile multiplies the channels of a
//! few pixels as they lie with packed weights, and its vectors run over the channels of the result.
//! Nothing is copied; where a pixel lies outside the image, its row is one of zeros.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::finish::Finish;
use super::geometry::{Grid, Tap};
use super::pool;
use super::scratch::{self, Scratch};
use super::tile::{self, HEIGHT, Tile};
use super::weights::Weights;

/// Products that a tile sums before it goes to memory: so many rows of weights stay in the second-level
/// cache, while the pixels of a block pass by.
const DEPTH: usize = 384;
/// Pixels of a block, whose results stay in the second-level cache.
const PIXELS: usize = 40 * HEIGHT;
/// Weights that stay in the second-level cache beside the pixels.
const FEW: usize = 1 << 16;
/// Lines of the target's images in one task, at least: fewer are not worth its start.
const TASK: usize = 256;
/// Numbers of a cache line.
const LINE: usize = 16;
/// A row outside the image.
const OUTSIDE: usize = usize::MAX;

/// The tensor that pixels are read from: `[images, h, w, channels]`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) values: &'a [f32],
    pub(crate) channels: usize,
    pub(crate) size: [usize; 2],
}

impl Source<'_> {
    /// Where the channels of what `tap` sees from pixel `(y, x)` of `grid` begin.
    #[inline(always)]
    pub(crate) fn find(&self, grid: &Grid, tap: &Tap, [image, y, x]: [usize; 3]) -> Option<usize> {
        let at = |axis: usize, i: usize| {
            let at = (i * grid.gather[axis]) as isize + tap.offset[axis];
            (0..self.size[axis] as isize).contains(&at).then_some(at as usize)
        };
        let (y, x) = (at(0, y)?, at(1, x)?);
        Some(((image * self.size[0] + y) * self.size[1] + x) * self.channels)
    }
}

/// Multiplies, for every grid, pixels of `source` with weights `[groups * rows, taps, depth]` into a
/// target `[images, h, w, groups * rows]`.
pub(crate) struct Correlation<'a> {
    pub(crate) source: Source<'a>,
    pub(crate) images: usize,
    pub(crate) grids: &'a [(Grid, Weights)],
    pub(crate) groups: usize,
    /// Channels of the target that one group makes.
    pub(crate) rows: usize,
    /// Neighbours in the source that one tap sees.
    pub(crate) depth: usize,
    /// Height and width of the target.
    pub(crate) size: [usize; 2],
    pub(crate) finish: Finish<'a>,
}

impl Correlation<'_> {
    /// The target; what `onto` holds, which is as large, is added.
    pub(crate) fn run(&self, onto: Option<Vec<f32>>) -> Vec<f32> {
        let line = self.size[1] * self.groups * self.rows;
        let lines = self.images * self.size[0];
        let adds = onto.is_some();
        let mut target = onto.unwrap_or_else(|| pool::take(lines * line));
        if target.is_empty() {
            return target;
        }
        let tasks = (lines * self.size[1] / TASK).clamp(1, rayon::current_num_threads());
        let share = lines.div_ceil(tasks);
        target.par_chunks_mut(share * line).enumerate().for_each(|(index, target)| {
            scratch::with(|scratch| {
                Arch::new().dispatch(Task {
                    job: self,
                    lines: index * share..lines.min((index + 1) * share),
                    finish: self.finish.from(index * share * line),
                    adds,
                    target,
                    scratch,
                });
            });
        });
        target
    }
}

/// What one task computes: some lines of the target, counted through all images.
struct Task<'a, 't> {
    job: &'a Correlation<'a>,
    lines: Range<usize>,
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
        let mut zeros = std::mem::take(&mut self.scratch.zeros);
        zeros.resize(zeros.len().max(self.job.depth), 0.0);
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
                                let weights = (weights, group, panel);
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

    /// Image, row and column in `grid` of every pixel whose line in the target is the task's.
    fn pixels(&self, grid: &Grid) -> impl Iterator<Item = [usize; 3]> + use<> {
        let (height, lines) = (self.job.size[0], self.lines.clone());
        let (first, step, [rows, columns]) = (grid.first[0], grid.scatter[0], grid.size);
        lines.flat_map(move |line| {
            let (image, line) = (line / height, line % height);
            let row = line.checked_sub(first).filter(|line| line.is_multiple_of(step));
            let row = row.map(|line| line / step).filter(|&row| row < rows);
            row.into_iter()
                .flat_map(move |row| (0..columns).map(move |column| [image, row, column]))
        })
    }

    /// Finds the next pixels; whether there were any.
    fn fill(
        &self,
        block: &mut Block,
        grid: &Grid,
        pixels: &mut impl Iterator<Item = [usize; 3]>,
    ) -> bool {
        let Correlation { source, size, groups, rows, .. } = self.job;
        let mut positions = [[0; 3]; PIXELS];
        let mut count = 0;
        block.to.clear();
        for ([image, y, x], position) in pixels.zip(&mut positions) {
            *position = [image, y, x];
            let line = image * size[0] + y * grid.scatter[0] + grid.first[0] - self.lines.start;
            let column = x * grid.scatter[1] + grid.first[1];
            block.to.push((line * size[1] + column) * groups * rows);
            count += 1;
            if count == PIXELS {
                break;
            }
        }
        block.from.clear();
        for tap in &grid.taps {
            let found = positions[..count].iter().map(|&at| source.find(grid, tap, at));
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
        let panel_weights = weights.panel(group, panel, products);
        let count = block.to.len().next_multiple_of(HEIGHT);
        let channel = panel * weights.width;
        let channels = group * rows + channel..group * rows + (*rows).min(channel + weights.width);
        let start = group * depth + part.channels.start;
        for (index, to) in block.to.chunks(HEIGHT).enumerate().take(tiles.end).skip(tiles.start) {
            let mut sums = tile::zero::<S, NV>(simd);
            if self.adds || !part.is_first {
                load(simd, self.target, to, &channels, &mut sums);
            } else {
                prefetch(self.target, to, &channels);
            }
            for (tap, weights) in
                part.taps.clone().zip(panel_weights.chunks_exact(length * weights.width))
            {
                let from = &block.from[tap * count + index * HEIGHT..][..HEIGHT];
                let row = |m: usize| match from[m] {
                    OUTSIDE => &zeros[..length],
                    from => &source.values[from + start..][..length],
                };
                let pixels = [row(0), row(1), row(2), row(3), row(4), row(5)];
                tile::add_rows(simd, &mut sums, pixels, weights);
            }
            if part.is_last {
                self.finish.apply(simd, to, &channels, &mut sums);
            }
            store(simd, self.target, to, &channels, &sums);
        }
    }
}

/// Takes the sums so far of `channels` of the pixels that begin at `to`.
#[inline(always)]
fn load<S: Simd, const NV: usize>(
    simd: S,
    target: &[f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &mut Tile<S, NV>,
) {
    for (sums, to) in sums.iter_mut().zip(to) {
        let from = &target[to + channels.start..][..channels.len()];
        if let Some(from) = S::as_simd_f32s(from).0.first_chunk() {
            *sums = *from;
        } else {
            for (sum, from) in sums.iter_mut().zip(from.chunks(S::F32_LANES)) {
                *sum = simd.partial_load_f32s(from);
            }
        }
    }
}

/// Writes the sums of `channels` of the pixels that begin at `to`.
#[inline(always)]
fn store<S: Simd, const NV: usize>(
    simd: S,
    target: &mut [f32],
    to: &[usize],
    channels: &Range<usize>,
    sums: &Tile<S, NV>,
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

/// Asks for the lines that [`store`] will write: without it every store of a result that is not in the
/// cache waits for memory.
#[inline(always)]
fn prefetch(target: &[f32], to: &[usize], channels: &Range<usize>) {
    for to in to {
        target[to + channels.start..][..channels.len()].chunks(LINE).for_each(prefetch_line);
    }
}

#[cfg(target_arch = "x86_64")]
#[inline(always)]
#[allow(unsafe_code, reason = "the only way to name the instruction")]
fn prefetch_line(line: &[f32]) {
    use std::arch::x86_64::{_MM_HINT_ET0, _mm_prefetch};
    // SAFETY: a prefetch reads and writes nothing, whatever the address; this one is that of a slice.
    unsafe { _mm_prefetch::<_MM_HINT_ET0>(line.as_ptr().cast()) }
}

#[cfg(not(target_arch = "x86_64"))]
#[inline(always)]
fn prefetch_line(_line: &[f32]) {}
