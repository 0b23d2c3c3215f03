//! The gradient of a convolution's weights: for every tap a product of the output's gradient with the
//! pixels that the tap sees, summed over all pixels.
//!
//! Tensors are channels last: vectors run over input channels, which are copied side by side for some
//! pixels at a time; the output's gradient is read as it lies.

mod task;

use std::ops::Range;

use rayon::prelude::*;

use super::geometry::{Geometry, Grid};
use super::source::Source;
use super::tile::HEIGHT;
use super::{pool, scratch};
use crate::instructions::dispatch;
use task::Task;

/// Pixels that a tile sums before it goes to memory; their input channels of one tile stay in the
/// second-level cache.
const PIXELS: usize = 384;
/// Weights from which threads share output channels, not pixels: the sums of each thread for all of
/// them would not stay in its cache.
pub(super) const MANY: usize = 1 << 17;

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
