//! The product behind the forward pass and the data gradient: pixels times weights.
//!
//! Tensors are channels last, so a pixel's channels are neighbours: a tile multiplies the channels of a
//! few pixels as they lie with packed weights, and its vectors run over the channels of the result.
//! Nothing is copied; where a pixel lies outside the image, its row is one of zeros.

mod block;
mod task;

use rayon::prelude::*;

use super::finish::Finish;
use super::geometry::Grid;
use super::source::Source;
use super::tile::HEIGHT;
use super::weights::Weights;
use super::{pool, scratch};
use crate::instructions::dispatch;
use block::PIXELS;
use task::Task;

pub(crate) use block::Block;

/// Multiplications that are worth a task of their own.
const WORK: usize = 1 << 20;
/// Tasks of each thread, where pixels suffice: if one is interrupted, another takes what is left.
const TASKS: usize = 4;

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
