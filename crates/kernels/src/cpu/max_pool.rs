//! Max-pooling that remembers where each maximum was, in one byte. Tensors are channels last.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::pool;
use crate::instructions::dispatch;

/// Channels whose maxima stay in registers.
const LANES: usize = 16;

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

    /// Up to [`LANES`] channels of one output pixel, whose window is `window`.
    #[inline(always)]
    fn channels<const N: usize>(
        x: &[f32],
        window: &[(u8, usize)],
        y: &mut [f32; N],
        places: &mut [u8; N],
    ) {
        // A window without a pixel is what padding beyond half of the kernel would make.
        let first = window.first().map_or(0, |(place, _)| *place);
        let (mut best, mut at) = ([f32::NEG_INFINITY; N], [u32::from(first); N]);
        for &(place, from) in window {
            let Some(x) = x[from..].first_chunk::<N>() else { continue };
            for lane in 0..N {
                let wins = x[lane] > best[lane] || x[lane].is_nan();
                best[lane] = if wins { x[lane] } else { best[lane] };
                at[lane] = if wins { u32::from(place) } else { at[lane] };
            }
        }
        *y = best;
        *places = at.map(|place| place as u8);
    }

    /// One pixel of the output.
    #[inline(always)]
    fn pixel(&self, x: &[f32], window: &[(u8, usize)], y: &mut [f32], places: &mut [u8]) {
        let (y, y_rest) = y.as_chunks_mut::<LANES>();
        let (places, places_rest) = places.as_chunks_mut::<LANES>();
        let whole = y.len() * LANES;
        for (index, (y, places)) in y.iter_mut().zip(places).enumerate() {
            Self::channels(&x[index * LANES..], window, y, places);
        }
        let rest = y_rest.as_chunks_mut::<1>().0.iter_mut().zip(places_rest.as_chunks_mut::<1>().0);
        for (index, (y, places)) in rest.enumerate() {
            Self::channels(&x[whole + index..], window, y, places);
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
        dispatch(Line { pool, x, row: index % height, y, places });
    });
    (y, places)
}

/// One line of the output. No closure: those are not always compiled with the instructions of the dispatch.
struct Line<'a, 'y> {
    pool: &'a Pool,
    /// The image.
    x: &'a [f32],
    row: usize,
    y: &'y mut [f32],
    places: &'y mut [u8],
}

impl NullaryFnOnce for Line<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let channels = self.pool.channels;
        let pixels = self.y.chunks_exact_mut(channels).zip(self.places.chunks_exact_mut(channels));
        let mut window = Vec::with_capacity(self.pool.kernel[0] * self.pool.kernel[1]);
        for (column, (y, places)) in pixels.enumerate() {
            window.clear();
            window.extend(self.pool.window([self.row, column]));
            self.pool.pixel(self.x, &window, y, places);
        }
    }
}

/// The gradient of the input: each output's gradient goes to where its maximum was.
pub(crate) fn backward(pool: &Pool, places: &[u8], dy: &[f32]) -> Vec<f32> {
    let (from, to) = pool.images();
    let mut dx = pool::take(dy.len() / to * from);
    let images = dx.par_chunks_mut(from).zip(dy.par_chunks(to)).zip(places.par_chunks(to));
    images.for_each(|((dx, dy), places)| {
        dx.fill(0.0);
        dispatch(Spread { pool, places, dy, dx });
    });
    dx
}

/// One image's gradient.
struct Spread<'a, 'x> {
    pool: &'a Pool,
    places: &'a [u8],
    dy: &'a [f32],
    dx: &'x mut [f32],
}

impl NullaryFnOnce for Spread<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Pool { channels, output, .. } = *self.pool;
        let pixels = self.dy.chunks_exact(channels).zip(self.places.chunks_exact(channels));
        for (index, (dy, places)) in pixels.enumerate() {
            for (place, to) in self.pool.window([index / output[1], index % output[1]]) {
                let to = self.dx[to..][..channels].iter_mut();
                for ((dx, dy), &at) in to.zip(dy).zip(places) {
                    *dx += if at == place { *dy } else { 0.0 };
                }
            }
        }
    }
}
