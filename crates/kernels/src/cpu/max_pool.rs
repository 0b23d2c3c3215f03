//! Max-pooling that remembers where each maximum was, in one byte.

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

    /// Row and column of the input that place `tap` of output pixel `(y, x)` looks at.
    #[inline(always)]
    fn look(&self, [y, x]: [usize; 2], tap: usize) -> Option<usize> {
        let [dy, dx] = [tap / self.kernel[1], tap % self.kernel[1]];
        let row = (y * self.stride[0] + dy).checked_sub(self.padding[0])?;
        let column = (x * self.stride[1] + dx).checked_sub(self.padding[1])?;
        (row < self.input[0] && column < self.input[1]).then(|| row * self.input[1] + column)
    }
}

/// The maximum of every window of `x`, and its place in the window. The first of equal ones counts,
/// and what is not a number is greater than every number, as in PyTorch.
pub(crate) fn forward(pool: &Pool, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let (from, to) = pool.planes();
    let length = x.len() / from * to;
    let (mut y, mut places) = (pool::take(length), vec![0; length]);
    let planes = x.par_chunks(from).zip(y.par_chunks_mut(to)).zip(places.par_chunks_mut(to));
    planes.for_each(|((x, y), places)| {
        let width = pool.output[1];
        for (index, (y, place)) in y.iter_mut().zip(places).enumerate() {
            (*y, *place) = greatest(pool, x, [index / width, index % width]);
        }
    });
    (y, places)
}

#[inline(always)]
fn greatest(pool: &Pool, x: &[f32], pixel: [usize; 2]) -> (f32, u8) {
    let mut best: Option<(f32, u8)> = None;
    for tap in 0..pool.kernel[0] * pool.kernel[1] {
        if let Some(index) = pool.look(pixel, tap) {
            let value = x[index];
            if best.is_none_or(|(best, _)| value > best || value.is_nan()) {
                best = Some((value, tap as u8));
            }
        }
    }
    best.unwrap_or((f32::NEG_INFINITY, 0))
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
