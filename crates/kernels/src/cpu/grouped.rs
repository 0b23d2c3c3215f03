//! The product behind the forward pass and the data gradient where groups are narrow: one vector holds the
//! channels of several groups.
//!
//! A group of `D` channels adds `D` products for each tap. For the first of them every channel of the vector
//! needs the first channel of its own group, and so on: pixels are spread once to `D` vectors in that order, and
//! every tap reads them as they are.

use std::ops::Range;

use pulp::{Simd, WithSimd};
use rayon::prelude::*;

use super::correlate::Correlation;
use super::finish::Finish;
use super::geometry::{Geometry, Grid};
use super::scratch::{self, Scratch};
use super::tile::HEIGHT;
use super::weights::{Panel, Weights};
use super::{pool, tile};
use crate::instructions::dispatch;

/// Numbers of spread pixels that stay in the second-level cache.
const SPREAD: usize = 1 << 16;
/// Numbers of the widest vectors.
const LANES: usize = 16;
/// Channels of the widest groups: a wider one fills enough of a vector by itself.
const WIDEST: usize = 4;
/// Tasks of each thread: if one is interrupted, another takes what is left.
const TASKS: usize = 4;

/// Whether groups are so narrow, and together fill vectors.
pub(crate) fn fits(geometry: &Geometry) -> bool {
    let (depth, lanes) = (geometry.in_depth(), tile::lanes());
    geometry.groups > 1
        && depth == geometry.out_depth()
        && depth.is_power_of_two()
        && depth <= lanes.min(WIDEST)
        && geometry.in_channels.is_multiple_of(lanes)
}

/// For the forward pass: `[panels, taps, depth, width]`.
pub(crate) fn forward(geometry: &Geometry, weights: &[f32]) -> Weights {
    // Every output channel has the weights of its own group alone.
    let together = Geometry { groups: 1, in_channels: geometry.in_depth(), ..*geometry };
    Weights::forward(&together, weights)
}

/// For the data gradient, one for each of its grids.
pub(crate) fn backward(geometry: &Geometry, weights: &[f32]) -> Vec<Weights> {
    let (depth, all) = (geometry.in_depth(), geometry.taps());
    let of_grid = |grid: &Grid| {
        let fill = |panel: Panel, to: &mut [f32]| {
            for (t, tap) in grid.taps.iter().enumerate() {
                for output in 0..depth {
                    let to = &mut to[(t * depth + output) * panel.width..];
                    for (to, channel) in to.iter_mut().zip(panel.channels.clone()) {
                        let row = channel / depth * depth + output;
                        *to = weights[(row * depth + channel % depth) * all + tap.index];
                    }
                }
            }
        };
        Weights::pack([1, geometry.in_channels, depth], grid.taps.len(), fill)
    };
    geometry.backward_grids().iter().map(of_grid).collect()
}

/// Runs `job`, whose weights are those of [`forward`] or [`backward`].
pub(crate) fn run(job: &Correlation<'_>, onto: Option<Vec<f32>>) -> Vec<f32> {
    let channels = job.source.channels;
    let lines = job.images * job.size[0];
    let line = job.size[1] * channels;
    let adds = onto.is_some();
    let mut target = onto.unwrap_or_else(|| pool::take(lines * line));
    if target.is_empty() {
        return target;
    }
    let share = lines.div_ceil(rayon::current_num_threads() * TASKS).max(1);
    target.par_chunks_mut(share * line).enumerate().for_each(|(index, target)| {
        let lines = index * share..lines.min((index + 1) * share);
        let finish = job.finish.from(index * share * line);
        scratch::with(|scratch| {
            dispatch(Task { job, lines, finish, adds, target, scratch });
        });
    });
    target
}

/// Some lines of the target, counted through all images.
struct Task<'a, 't> {
    job: &'a Correlation<'a>,
    lines: Range<usize>,
    finish: Finish<'a>,
    /// Whether the target holds numbers to add to.
    adds: bool,
    target: &'t mut [f32],
    scratch: &'t mut Scratch,
}

impl WithSimd for Task<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        match self.job.depth {
            1 => self.run::<S, 1>(simd),
            2 => self.run::<S, 2>(simd),
            _ => self.run::<S, WIDEST>(simd),
        }
    }
}

/// What the taps of a grid see of the source, beyond a pixel's own place.
struct Reach {
    first: [isize; 2],
    /// Rows and columns from the first tap to the last.
    size: [usize; 2],
}

impl Reach {
    fn new(grid: &Grid) -> Self {
        let along = |axis: usize| grid.taps.iter().map(move |tap| tap.offset[axis]);
        let bounds =
            [0, 1].map(|axis| (along(axis).min().unwrap_or(0), along(axis).max().unwrap_or(0)));
        let size = bounds.map(|(first, last)| (last - first) as usize + 1);
        Self { first: bounds.map(|(first, _)| first), size }
    }
}

/// Lines of a grid in one image, counted in the grid.
struct Lines {
    image: usize,
    rows: Range<usize>,
}

impl Task<'_, '_> {
    #[inline(always)]
    fn run<S: Simd, const D: usize>(mut self, simd: S) {
        for (grid, weights) in self.job.grids {
            let reach = Reach::new(grid);
            let columns = (grid.size[1].max(1) - 1) * grid.gather[1] + reach.size[1];
            let room = SPREAD / (columns * D * S::F32_LANES);
            let most = (room.saturating_sub(reach.size[0]) / grid.gather[0]).max(1);
            for Lines { image, rows } in self.blocks(grid, most) {
                for first in (0..self.job.source.channels).step_by(S::F32_LANES) {
                    self.spread::<S, D>((grid, &reach), columns, (image, rows.clone()), first);
                    for row in rows.clone() {
                        let line = (row - rows.start) * grid.gather[0];
                        let place = (image, row, line * columns, columns);
                        self.line::<S, D>(simd, (grid, &reach, weights), place, first);
                    }
                }
            }
        }
    }

    /// The task's lines of a grid, at most so many together.
    fn blocks(&self, grid: &Grid, most: usize) -> Vec<Lines> {
        let height = self.job.size[0];
        let mut blocks: Vec<Lines> = Vec::new();
        for line in self.lines.clone() {
            let (image, y) = (line / height, line % height);
            let Some(y) = y.checked_sub(grid.first[0]) else { continue };
            let row = y / grid.scatter[0];
            if !y.is_multiple_of(grid.scatter[0]) || row >= grid.size[0] {
                continue;
            }
            match blocks.last_mut() {
                Some(last) if last.image == image && last.rows.len() < most => {
                    last.rows.end = row + 1;
                }
                _ => blocks.push(Lines { image, rows: row..row + 1 }),
            }
        }
        blocks
    }

    /// Spreads what `rows` see of a vector's channels: `[rows, columns, D, lanes]`.
    #[inline(always)]
    fn spread<S: Simd, const D: usize>(
        &mut self,
        (grid, reach): (&Grid, &Reach),
        columns: usize,
        (image, rows): (usize, Range<usize>),
        first: usize,
    ) {
        let count = (rows.len() - 1) * grid.gather[0] + reach.size[0];
        let to = self.scratch.packed.grow(count * columns * D * S::F32_LANES);
        let mut pixels = to.chunks_exact_mut(D * S::F32_LANES);
        let top = (rows.start * grid.gather[0]) as isize + reach.first[0];
        for row in 0..count as isize {
            for (column, to) in (0..columns as isize).zip(&mut pixels) {
                let at = [top + row, column + reach.first[1]];
                match self.job.source.pixel(image, at) {
                    None => to.fill(0.0),
                    Some(pixel) => spread_vector::<D>(&pixel[first..][..S::F32_LANES], to),
                }
            }
        }
    }

    /// One line of one vector of channels.
    #[inline(always)]
    fn line<S: Simd, const D: usize>(
        &mut self,
        simd: S,
        (grid, reach, weights): (&Grid, &Reach, &Weights),
        (image, row, start, columns): (usize, usize, usize, usize),
        first: usize,
    ) {
        let [height, width] = self.job.size;
        let (channels, nv) = (self.job.source.channels, weights.width / S::F32_LANES);
        let panel = weights.panel(0, first / weights.width, 0..grid.taps.len() * D);
        let panel = S::as_simd_f32s(panel).0;
        let vector = first % weights.width / S::F32_LANES;
        let pixels = S::as_simd_f32s(self.scratch.packed.get()).0.as_chunks::<D>().0;
        let pixels = &pixels[start..];
        let y = row * grid.scatter[0] + grid.first[0];
        let line = (image * height + y - self.lines.start) * width + grid.first[1];
        let range = first..first + S::F32_LANES;
        for x in (0..grid.size[1]).step_by(HEIGHT) {
            let count = HEIGHT.min(grid.size[1] - x);
            // Where pixels are missing the last is computed again.
            let mut at = [0; HEIGHT];
            let mut to = [0; HEIGHT];
            for m in 0..HEIGHT {
                let x = x + m.min(count - 1);
                at[m] = x * grid.gather[1];
                to[m] = (line + x * grid.scatter[1]) * channels;
            }
            let mut sums = [[simd.splat_f32s(0.0); 1]; HEIGHT];
            for (tap, weights) in grid.taps.iter().zip(panel.chunks_exact(D * nv)) {
                let dy = (tap.offset[0] - reach.first[0]) as usize;
                let dx = (tap.offset[1] - reach.first[1]) as usize;
                let pixels = &pixels[dy * columns + dx..];
                let seen = [
                    &pixels[at[0]],
                    &pixels[at[1]],
                    &pixels[at[2]],
                    &pixels[at[3]],
                    &pixels[at[4]],
                    &pixels[at[5]],
                ];
                for (d, weights) in weights.chunks_exact(nv).enumerate() {
                    let weight = weights[vector];
                    for m in 0..HEIGHT {
                        sums[m][0] = simd.mul_add_e_f32s(seen[m][d], weight, sums[m][0]);
                    }
                }
            }
            let to = &to[..count];
            if self.adds {
                tile::add_stored(simd, self.target, to, &range, &mut sums);
            }
            self.finish.apply(simd, to, &range, &mut sums);
            tile::store(simd, self.target, to, &range, &sums);
        }
    }
}

/// Vector `d` of `to` has channel `d` of every group in the places of all channels of the group.
#[inline(always)]
fn spread_vector<const D: usize>(pixel: &[f32], to: &mut [f32]) {
    let (whole, _) = pixel.as_chunks::<LANES>();
    if let [pixel] = whole {
        let (vectors, _) = to.as_chunks_mut::<LANES>();
        for (d, to) in vectors.iter_mut().enumerate() {
            *to = spread_channel::<D>(pixel, d);
        }
        return;
    }
    for (d, to) in to.chunks_exact_mut(pixel.len()).enumerate() {
        for (lane, to) in to.iter_mut().enumerate() {
            *to = pixel[lane / D * D + d];
        }
    }
}

#[inline(always)]
fn spread_channel<const D: usize>(pixel: &[f32; LANES], d: usize) -> [f32; LANES] {
    let mut vector = [0.0; LANES];
    for (lane, to) in vector.iter_mut().enumerate() {
        *to = pixel[lane / D * D + d];
    }
    vector
}
