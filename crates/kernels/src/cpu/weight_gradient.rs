//! The gradient of a convolution's weights: scalar products over all pixels of all images.
//!
//! Pixels are neighbours in memory, so rows of the output's gradient and rows of gathered pixels are
//! multiplied as they lie, vector by vector; nothing is transposed.

use std::ops::Range;

use pulp::{Arch, Simd, WithSimd};
use rayon::prelude::*;

use super::gather::{Panel, Source};
use super::geometry::{Geometry, Grid};
use super::pool;
use super::scratch::{self, Scratch};
use super::tile;

/// Pixels of one step: vectors of every width, and an odd number of cache lines, so that the rows of a
/// tile lie in different sets of the first-level cache.
const PIXELS: usize = 63 * 16;
/// Rows of gathered pixels that stay in the second-level cache; a multiple of every tile.
const ROWS: usize = 120;

/// The gradient of the weights, shaped as they are, from the convolution's input `x` and the
/// gradient `dy` of its output.
pub(crate) fn weight_gradient(geometry: &Geometry, x: &[f32], dy: &[f32]) -> Vec<f32> {
    let pixels = geometry.batch * geometry.output_plane();
    let threads = rayon::current_num_threads().min(pixels.div_ceil(PIXELS)).max(1);
    let share = pixels.div_ceil(threads).next_multiple_of(PIXELS);
    let job = Job {
        geometry,
        x: Source { values: x, channels: geometry.in_channels, size: geometry.input },
        dy: Source { values: dy, channels: geometry.out_channels, size: geometry.output },
        grid: geometry.forward_grid(),
        identity: Grid::identity(geometry.output),
    };
    // Every thread sums its own pixels; the order of the sums depends on the number of threads alone.
    let sums: Vec<_> = (0..threads)
        .into_par_iter()
        .map(|thread| job.sum(thread * share..pixels.min((thread + 1) * share)))
        .collect();
    let gradient = transpose(geometry, &sums);
    sums.into_iter().for_each(pool::give);
    gradient
}

/// `[o, taps, c]` of every thread to their sum `[o, c, taps]`.
fn transpose(geometry: &Geometry, sums: &[Vec<f32>]) -> Vec<f32> {
    let (depth, taps) = (geometry.in_depth(), geometry.taps());
    let mut gradient = pool::take(geometry.weight_len());
    let row = (depth * taps).max(1);
    gradient.par_chunks_mut(row).enumerate().for_each(|(o, to)| {
        to.fill(0.0);
        for sums in sums {
            let from = &sums[o * row..][..row];
            for (tap, from) in from.chunks_exact(depth).enumerate() {
                for (to, from) in to.iter_mut().skip(tap).step_by(taps).zip(from) {
                    *to += from;
                }
            }
        }
    });
    gradient
}

struct Job<'a> {
    geometry: &'a Geometry,
    x: Source<'a>,
    dy: Source<'a>,
    grid: Grid,
    identity: Grid,
}

impl Job<'_> {
    fn sum(&self, pixels: Range<usize>) -> Vec<f32> {
        let mut sums = pool::take(self.geometry.weight_len());
        sums.fill(0.0);
        scratch::with(|scratch| {
            Arch::new().dispatch(Task { job: self, pixels, sums: &mut sums, scratch });
        });
        sums
    }
}

/// The pixels of one thread.
struct Task<'a, 't> {
    job: &'a Job<'a>,
    pixels: Range<usize>,
    sums: &'t mut [f32],
    scratch: &'t mut Scratch,
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        if S::F32_LANES == 16 {
            self.run::<S, 4, 6>(simd);
        } else {
            self.run::<S, 3, 4>(simd);
        }
    }
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const MR: usize, const NR: usize>(mut self, simd: S) {
        let geometry = self.job.geometry;
        let products = geometry.in_depth() * geometry.taps();
        for first in self.pixels.clone().step_by(PIXELS) {
            let pixels = first..(first + PIXELS).min(self.pixels.end);
            let length = pixels.len().next_multiple_of(S::F32_LANES);
            for group in 0..geometry.groups {
                self.pack_gradient::<MR>(group, &pixels, length);
                for start in (0..products).step_by(ROWS) {
                    let rows = start..(start + ROWS).min(products);
                    self.pack_input::<NR>(group, &pixels, &rows, length);
                    self.multiply::<S, MR, NR>(simd, group, &rows, length);
                }
            }
        }
    }

    /// Packs the rows of the output's gradient, padded to whole tiles.
    #[inline(always)]
    fn pack_gradient<const MR: usize>(
        &mut self,
        group: usize,
        pixels: &Range<usize>,
        length: usize,
    ) {
        let Job { geometry, dy, identity, .. } = self.job;
        let rows = geometry.out_depth();
        let to = scratch::grow(&mut self.scratch.other, rows.next_multiple_of(MR) * length);
        to[rows * length..].fill(0.0);
        self.scratch.gatherer.gather(
            (dy, identity, &identity.taps[0]),
            pixels.clone(),
            group * rows..(group + 1) * rows,
            (Panel { rows, width: length }, 0),
            to,
        );
    }

    /// Packs `rows` of the input as the taps see it, padded to whole tiles.
    #[inline(always)]
    fn pack_input<const NR: usize>(
        &mut self,
        group: usize,
        pixels: &Range<usize>,
        rows: &Range<usize>,
        length: usize,
    ) {
        let Job { geometry, x, grid, .. } = self.job;
        let depth = geometry.in_depth();
        let panel = Panel { rows: rows.len(), width: length };
        let to = scratch::grow(&mut self.scratch.packed, panel.rows.next_multiple_of(NR) * length);
        to[panel.rows * length..].fill(0.0);
        for tap in rows.start / depth..rows.end.div_ceil(depth) {
            let part = rows.start.max(tap * depth)..rows.end.min((tap + 1) * depth);
            let channel = part.start - tap * depth + group * depth;
            self.scratch.gatherer.gather(
                (x, grid, &grid.taps[tap]),
                pixels.clone(),
                channel..channel + part.len(),
                (panel, part.start - rows.start),
                to,
            );
        }
    }

    #[inline(always)]
    fn multiply<S: Simd, const MR: usize, const NR: usize>(
        &mut self,
        simd: S,
        group: usize,
        rows: &Range<usize>,
        length: usize,
    ) {
        let geometry = self.job.geometry;
        let (count, products) = (geometry.out_depth(), geometry.in_depth() * geometry.taps());
        let Scratch { packed, other, .. } = &*self.scratch;
        for m in (0..count).step_by(MR) {
            let a = &other[m * length..][..MR * length];
            for n in (0..rows.len()).step_by(NR) {
                let b = &packed[n * length..][..NR * length];
                let tile = tile::inner::<S, MR, NR>(simd, a, b, length);
                for (index, row) in tile.iter().take(count - m).enumerate() {
                    let start = (group * count + m + index) * products + rows.start + n;
                    let to = &mut self.sums[start..][..NR.min(rows.len() - n)];
                    for (to, product) in to.iter_mut().zip(row) {
                        *to += product;
                    }
                }
            }
        }
    }
}
