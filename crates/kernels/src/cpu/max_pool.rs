//! Max-pooling that remembers where each maximum was, in one byte. Tensors are channels last.

use pulp::Arch;
use rayon::prelude::*;

use super::pool;

/// A pooling of images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pool {
    pub(crate) channels: usize,
    pub(crate) input: [usize; 2],
    pub(crate) output: [usize; 2],
    pub(crate) kernel: [usize; 2],
    pub(crate) stride: [usize; 2],
    pub(crate) padding: [usize; 2],
}

impl Pool {
    /// Numbers of an image before and after.
    fn images(&self) -> (usize, usize) {
        let image = |[height, width]: [usize; 2]| (height * width * self.channels).max(1);
        (image(self.input), image(self.output))
    }

    fn line(&self) -> usize {
        (self.output[1] * self.channels).max(1)
    }

    /// Every place of the window of output pixel `(y, x)`, and where its channels begin in the image.
    fn window(&self, [y, x]: [usize; 2]) -> impl Iterator<Item = (u8, usize)> {
        let Self { channels, input, kernel, stride, padding, .. } = *self;
        (0..kernel[0] * kernel[1]).filter_map(move |place| {
            let row = (y * stride[0] + place / kernel[1]).checked_sub(padding[0])?;
            let column = (x * stride[1] + place % kernel[1]).checked_sub(padding[1])?;
            let inside = row < input[0] && column < input[1];
            inside.then_some((place as u8, (row * input[1] + column) * channels))
        })
    }

    /// One pixel of the output.
    #[inline(always)]
    fn pixel(&self, x: &[f32], at: [usize; 2], y: &mut [f32], places: &mut [u8]) {
        for (index, (place, from)) in self.window(at).enumerate() {
            let x = &x[from..][..self.channels];
            if index == 0 {
                y.copy_from_slice(x);
                places.fill(place);
                continue;
            }
            for ((best, at), &value) in y.iter_mut().zip(places.iter_mut()).zip(x) {
                let wins = value > *best || value.is_nan();
                *best = if wins { value } else { *best };
                *at = if wins { place } else { *at };
            }
        }
    }
}

/// The maximum of every window of `x`, and its place in the window. The first of equal ones counts,
/// and what is not a number is greater than every number, as in PyTorch.
pub(crate) fn forward(pool: &Pool, x: &[f32]) -> (Vec<f32>, Vec<u8>) {
    let (from, to) = pool.images();
    let length = x.len() / from * to;
    let (mut y, mut places) = (pool::take(length), vec![0; length]);
    let (line, height) = (pool.line(), pool.output[0].max(1));
    let lines = y.par_chunks_mut(line).zip(places.par_chunks_mut(line)).enumerate();
    lines.for_each(|(index, (y, places))| {
        let x = &x[index / height * from..][..from];
        Arch::new().dispatch(|| {
            let pixels = y.chunks_exact_mut(pool.channels);
            let pixels = pixels.zip(places.chunks_exact_mut(pool.channels));
            for (column, (y, places)) in pixels.enumerate() {
                // A window without a pixel, which padding beyond half of the kernel would make.
                y.fill(f32::NEG_INFINITY);
                pool.pixel(x, [index % height, column], y, places);
            }
        });
    });
    (y, places)
}

/// The gradient of the input: each output's gradient goes to where its maximum was.
pub(crate) fn backward(pool: &Pool, places: &[u8], dy: &[f32]) -> Vec<f32> {
    let (from, to) = pool.images();
    let mut dx = pool::take(dy.len() / to * from);
    let images = dx.par_chunks_mut(from).zip(dy.par_chunks(to)).zip(places.par_chunks(to));
    images.for_each(|((dx, dy), places)| {
        dx.fill(0.0);
        let pixels = dy.chunks_exact(pool.channels).zip(places.chunks_exact(pool.channels));
        Arch::new().dispatch(|| {
            for (index, (dy, places)) in pixels.enumerate() {
                for (place, to) in pool.window([index / pool.output[1], index % pool.output[1]]) {
                    let to = dx[to..][..pool.channels].iter_mut();
                    for ((dx, dy), &at) in to.zip(dy).zip(places) {
                        *dx += if at == place { *dy } else { 0.0 };
                    }
                }
            }
        });
    });
    dx
}
