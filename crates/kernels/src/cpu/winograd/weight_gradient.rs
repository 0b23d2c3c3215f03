//! The gradient of the weights: `Gᵀ (Σ (A dy Aᵀ) ∘ (Bᵀ x B)) G` over all tiles, which are 16 products of the
//! output's gradient with the input, both transformed.

use std::ops::Range;

use pulp::{NullaryFnOnce, Simd, WithSimd};
use rayon::prelude::*;

use super::tiles::Tiles;
use super::{MARGIN, PRODUCTS, SIDE, TAPS, transform};
use crate::cpu::geometry::Geometry;
use crate::cpu::pool;
use crate::cpu::scratch::{self, Scratch};
use crate::cpu::source::Source;
use crate::cpu::tile::{self, HEIGHT};
use crate::cpu::weight_gradient::MANY;
use crate::instructions::dispatch;

/// Tiles that are transformed together: a panel of theirs stays in the first-level cache.
const TILES: usize = 96;
/// Weights that are transformed together, side by side.
const LANES: usize = 16;

/// The gradient of the weights `[o, c, 3, 3]` from the convolution's input and the gradient `dy` of its output;
/// none if the transforms are not good for such numbers.
pub(crate) fn weight_gradient(geometry: &Geometry, x: &[f32], dy: &[f32]) -> Option<Vec<f32>> {
    let Geometry { batch, in_channels, out_channels, .. } = *geometry;
    let first = geometry.padding.map(|padding| -(padding as isize));
    let source = Source { values: x, channels: in_channels, size: geometry.input };
    let tiles = Tiles { source, images: batch, first, size: geometry.output };
    let width = tile::width(in_channels);
    let depth = in_channels.next_multiple_of(width);
    let job = Gradient { tiles, dy, channels: out_channels, width, depth };
    let sums = job.sums(geometry.weight_len() >= MANY)?;
    let mut gradient = pool::take(geometry.weight_len());
    gradient.par_chunks_mut(in_channels * TAPS).enumerate().for_each(|(row, to)| {
        let sums = sums.iter().filter(|sums| sums.rows.contains(&row)).collect();
        dispatch(Finish { sums, row, depth, to });
    });
    sums.into_iter().for_each(|sums| pool::give(sums.values));
    Some(gradient)
}

/// Sums over some tiles for the output channels `rows`: `[products, rows, depth]`.
struct Sums {
    rows: Range<usize>,
    values: Vec<f32>,
}

struct Gradient<'a> {
    tiles: Tiles<'a>,
    /// `[images, h, w, channels]`.
    dy: &'a [f32],
    channels: usize,
    /// Input channels of a panel.
    width: usize,
    /// Input channels of all panels, which the last may not fill.
    depth: usize,
}

impl Gradient<'_> {
    /// The sums of all threads, which share the output channels or the tiles; the order of the sums depends on the
    /// number of threads alone. None if there are numbers that the transforms are not good for.
    fn sums(&self, by_channels: bool) -> Option<Vec<Sums>> {
        let (threads, lines) = (rayon::current_num_threads(), self.tiles.lines());
        let tasks: Vec<(Range<usize>, Range<usize>)> = if by_channels {
            let share = self.channels.div_ceil(threads).next_multiple_of(HEIGHT);
            let rows = (0..self.channels).step_by(share);
            rows.map(|row| (0..lines, row..self.channels.min(row + share))).collect()
        } else {
            let share = lines.div_ceil(threads.min(lines).max(1)).max(1);
            let first = (0..lines).step_by(share);
            first.map(|line| (line..lines.min(line + share), 0..self.channels)).collect()
        };
        tasks.into_par_iter().map(|(lines, rows)| self.sum(lines, rows)).collect()
    }

    fn sum(&self, lines: Range<usize>, rows: Range<usize>) -> Option<Sums> {
        let mut values = pool::take(PRODUCTS * rows.len() * self.depth);
        let sums = &mut *values;
        let fits = scratch::with(|scratch| {
            dispatch(Task { job: self, lines, rows: rows.clone(), sums, scratch })
        });
        fits.then_some(Sums { rows, values })
    }
}

/// Some lines of tiles and output channels.
struct Task<'a, 't> {
    job: &'a Gradient<'a>,
    lines: Range<usize>,
    rows: Range<usize>,
    sums: &'t mut [f32],
    scratch: &'t mut Scratch,
}

impl WithSimd for Task<'_, '_> {
    /// Whether the transforms are good for all numbers.
    type Output = bool;

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) -> bool {
        match tile::vectors::<S>(self.job.tiles.source.channels) {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            _ => self.run::<S, 4>(simd),
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const NV: usize>(mut self, simd: S) -> bool {
        let columns = self.job.tiles.columns();
        let tiles = self.lines.start * columns..self.lines.end * columns;
        let size = tiles.len().div_ceil(tiles.len().div_ceil(TILES).max(1));
        for first in tiles.clone().step_by(size.max(1)) {
            let block = first..tiles.end.min(first + size);
            if !self.transform_input(simd, block.clone())
                || !self.transform_gradient(simd, block.clone())
            {
                return false;
            }
            self.multiply::<S, NV>(simd, block.len(), first == tiles.start);
        }
        true
    }

    /// From one product's transformed input to the next.
    fn input_stride(&self, tiles: usize) -> usize {
        tiles * self.job.depth + MARGIN
    }

    /// From one tile's transformed gradient to the next: no multiple of the cache's size.
    fn gradient_stride<S: Simd>(&self) -> usize {
        self.rows.len().next_multiple_of(S::F32_LANES) + MARGIN
    }

    /// `[products, panels, tiles, width]`.
    #[inline(always)]
    fn transform_input<S: Simd>(&mut self, simd: S, tiles: Range<usize>) -> bool {
        let Gradient { width, .. } = *self.job;
        let (count, stride) = (tiles.len(), self.input_stride(tiles.len()));
        let channels = self.job.tiles.source.channels;
        let zeros = self.scratch.take_zeros(channels);
        let to = self.scratch.packed.grow(PRODUCTS * stride);
        let mut fits = true;
        for (index, tile) in tiles.enumerate() {
            let pixels = self.job.tiles.seen(tile, &zeros[..channels]);
            let place =
                |channel: usize| (channel / width * count + index) * width + channel % width;
            fits &= transform::pixels(simd, &pixels, (to, stride), place);
        }
        self.scratch.zeros = zeros;
        fits
    }

    /// `[products, tiles, rows]`.
    #[inline(always)]
    fn transform_gradient<S: Simd>(&mut self, simd: S, tiles: Range<usize>) -> bool {
        let (rows, channels) = (self.rows.clone(), self.job.channels);
        let tile_stride = self.gradient_stride::<S>();
        let stride = tiles.len() * tile_stride;
        let zeros = self.scratch.take_zeros(rows.len());
        let to = self.scratch.other.grow(PRODUCTS * stride + HEIGHT);
        let mut fits = true;
        for (index, tile) in tiles.enumerate() {
            let mut pixels = [&zeros[..rows.len()]; SIDE * SIDE];
            for (pixel, at) in pixels.iter_mut().zip(self.job.tiles.made(tile)) {
                if let Some(at) = at {
                    *pixel = &self.job.dy[at * channels..][rows.clone()];
                }
            }
            fits &= transform::gradients(simd, &pixels, &mut to[index * tile_stride..], stride);
        }
        self.scratch.zeros = zeros;
        fits
    }

    #[inline(always)]
    fn multiply<S: Simd, const NV: usize>(&mut self, simd: S, tiles: usize, is_first: bool) {
        let Gradient { width, depth, .. } = *self.job;
        let (stride, tile_stride) = (self.input_stride(tiles), self.gradient_stride::<S>());
        let rows = self.rows.len();
        for product in 0..PRODUCTS {
            let inputs = &self.scratch.packed.get()[product * stride..][..tiles * depth];
            let gradients = &self.scratch.other.get()[product * tiles * tile_stride..];
            for (panel, vectors) in inputs.chunks_exact(tiles * width).enumerate() {
                for row in (0..rows).step_by(HEIGHT) {
                    let columns = (&gradients[row..], tile_stride);
                    let mut sums = tile::zero::<S, NV>(simd);
                    tile::add_columns(simd, &mut sums, columns, vectors);
                    let new = HEIGHT.min(rows - row);
                    for (m, sums) in sums.iter().enumerate().take(new) {
                        let to = (product * rows + row + m) * depth + panel * width;
                        let to = S::as_mut_simd_f32s(&mut self.sums[to..][..width]).0;
                        for (to, &sum) in to.iter_mut().zip(sums) {
                            *to = if is_first { sum } else { simd.add_f32s(*to, sum) };
                        }
                    }
                }
            }
        }
    }
}

/// One output channel's gradient from all sums.
struct Finish<'a> {
    sums: Vec<&'a Sums>,
    row: usize,
    depth: usize,
    /// `[c, 3, 3]`.
    to: &'a mut [f32],
}

impl NullaryFnOnce for Finish<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { sums, row, depth, to } = self;
        for (index, to) in to.chunks_mut(LANES * TAPS).enumerate() {
            let mut totals = [[0.0; LANES]; PRODUCTS];
            for Sums { rows, values } in &sums {
                for (product, totals) in totals.iter_mut().enumerate() {
                    let start = (product * rows.len() + row - rows.start) * depth + index * LANES;
                    let values = &values[start..(start + LANES).min(values.len())];
                    totals.iter_mut().zip(values).for_each(|(total, value)| *total += value);
                }
            }
            let kernels = transform::gradient_of_weights(&totals);
            for (lane, to) in to.chunks_exact_mut(TAPS).enumerate() {
                for (to, kernels) in to.iter_mut().zip(&kernels) {
                    *to = kernels[lane];
                }
            }
        }
    }
}
