//! Max-pooling that remembers where each maximum was, in one byte.

use std::ops::Range;

use rayon::prelude::*;

use super::pool;

/// A pooling of planes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pool {
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
}

impl Pool {
    fn planes(&self) -> (usize, usize) {
        let plane = |[height, width]: [usize; 2]| (height * width).max(1);
        (plane(self.input), plane(self.output))
    }

    /// One line of the output, `row`: looks at one place of all its windows after the other.
    fn line(&self, x: &[f32], row: usize, y: &mut [f32], places: &mut [u8]) {
        y.fill(f32::NEG_INFINITY);
        for tap in 0..self.kernel[0] * self.kernel[1] {
            let columns = self.columns(tap % self.kernel[1]);
            let Some(from) = self.look([row, columns.start], tap) else { continue };
            let values = x[from..].iter().step_by(self.stride[1]);
            let best = y[columns.clone()].iter_mut().zip(&mut places[columns]);
            for ((best, place), &value) in best.zip(values) {
                let wins = value > *best || value.is_nan() || *place == NOWHERE;
                *best = if wins { value } else { *best };
                *place = if wins { tap as u8 } else { *place };
            }
        }
    }

    /// The output columns whose window has an input pixel at its column `dx`.
    fn columns(&self, dx: usize) -> Range<usize> {
        let [stride, padding] = [self.stride[1], self.padding[1]];
        let end = (self.input[1] + padding).saturating_sub(dx).div_ceil(stride);
        let start = padding.saturating_sub(dx).div_ceil(stride);
        start.min(self.output[1])..end.clamp(start.min(self.output[1]), self.output[1])
    }

    /// Row and column of the input that place `tap` of output pixel `(y, x)` looks at.
    #[inline(always)]
    fn look(&self, [y, x]: [usize; 2], tap: usize) -> Option<usize> {
        let [dy, dx] = [tap / self.kernel[1], tap % self.kernel[1]];
        let row = (y * self.stride[0] + dy).checked_sub(self.padding[0])?;
        let column = (x * self.stride[1] + dx).checked_sub(self.padding[1])?;
        (row < self.input[0] && column < self.input[1]).then(|| row * self.input[1] + column)
    }
}

/// The place of a window in which nothing has been seen yet.
const NOWHERE: u8 = u8::MAX;

/// The maximum of every window of `x`, and its place in the window. The first of equal ones counts,
/// and what is not a number is greater than every number, as in PyTorch.
pub(crate) fn forward(pool: &Pool, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let (from, to) = pool.planes();
    let length = x.len() / from * to;
    let (mut y, mut places) = (pool::take(length), vec![NOWHERE; length]);
    let planes = x.par_chunks(from).zip(y.par_chunks_mut(to)).zip(places.par_chunks_mut(to));
    planes.for_each(|((x, y), places)| {
        let width = pool.output[1].max(1);
        let lines = y.chunks_mut(width).zip(places.chunks_mut(width));
        for (row, (y, places)) in lines.enumerate() {
            pool.line(x, row, y, places);
        }
    });
    (y, places)
}

/// The gradient of the input: each output's gradient goes to where its maximum was.
pub(crate) fn backward(pool: &Pool, places: &[u8], dy: &[f32]) -> Vec<f32> {
    let (from, to) = pool.planes();
    let mut dx = pool::take(dy.len() / to * from);
    let planes = dx.par_chunks_mut(from).zip(dy.par_chunks(to)).zip(places.par_chunks(to));
    planes.for_each(|((dx, dy), places)| {
        dx.fill(0.0);
        let width = pool.output[1];
        for (index, (dy, &place)) in dy.iter().zip(places).enumerate() {
            if let Some(at) = pool.look([index / width, index % width], usize::from(place)) {
                dx[at] += dy;
            }
        }
    });
    dx
}
