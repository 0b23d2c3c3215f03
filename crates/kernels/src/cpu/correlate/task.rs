//! What one thread multiplies: some pixels of the target, block by block, with all weights.

use std::ops::Range;

use pulp::{Simd, WithSimd};

use super::Correlation;
use super::block::{self, Block, OUTSIDE};
use crate::cpu::finish::Finish;
use crate::cpu::geometry::Grid;
use crate::cpu::prefetch;
use crate::cpu::scratch::Scratch;
use crate::cpu::tile::{self, HEIGHT};
use crate::cpu::weights::Weights;

/// Products that a tile sums before it goes to memory: so many rows of weights stay in the second-level
/// cache, while the pixels of a block pass by.
const DEPTH: usize = 384;
/// Weights that stay in the second-level cache beside the pixels.
const FEW: usize = 1 << 16;

/// What one task computes: some pixels of the target, counted through all images.
pub(super) struct Task<'a, 't> {
    pub(super) job: &'a Correlation<'a>,
    pub(super) pixels: Range<usize>,
    pub(super) finish: Finish<'a>,
    /// Whether the target holds numbers to add to.
    pub(super) adds: bool,
    pub(super) target: &'t mut [f32],
    pub(super) scratch: &'t mut Scratch,
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
            let mut pixels = block::pixels(self.job, self.pixels.clone(), grid);
            while block.fill(self.job, &self.pixels, grid, &mut pixels) {
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
                tile::add_stored(simd, self.target, to, &channels, &mut sums);
            }
            let mut to_come = to.iter();
            for (tap, weights) in
                part.taps.clone().zip(panel_weights.chunks_exact(length * weights.width))
            {
                let from = &block.from[tap * count + index * HEIGHT..][..HEIGHT];
                let pixels = seen(source.values, from, start..start + length, zeros);
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
                tile::add_stored(simd, self.target, to, &channels, &mut sums);
            }
            if part.is_last {
                self.finish.apply(simd, to, &channels, &mut sums);
            }
            tile::store(simd, self.target, to, &channels, &sums);
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

/// The `channels` of the pixels that begin at `from`; `zeros` stands for what lies outside the image.
#[inline(always)]
fn seen<'a>(
    values: &'a [f32],
    from: &[usize],
    channels: Range<usize>,
    zeros: &'a [f32],
) -> [&'a [f32]; HEIGHT] {
    let row = |m: usize| match from[m] {
        OUTSIDE => &zeros[..channels.len()],
        from => &values[from + channels.start..][..channels.len()],
    };
    [row(0), row(1), row(2), row(3), row(4), row(5)]
}
