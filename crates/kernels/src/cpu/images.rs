//! Scaling the channels of images, sums over their pixels, and adding images. Tensors are channels last.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::channels;
use super::finish::{self, relu};
use super::pool;
use crate::instructions::dispatch;

/// Pixels that are summed in 32 bits before they go to 64.
const ROWS: usize = 64;

/// Channels of the images, and pixels of each.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Size {
    pub(crate) channels: usize,
    pub(crate) pixels: usize,
}

/// `x` times `scale` `[images, channels]`.
pub(crate) fn scaled(x: &[f32], scale: &[f32], size: Size) -> Vec<f32> {
    let mut y = pool::take(x.len());
    let share = channels::share(x.len(), size.channels);
    y.par_chunks_mut(share).zip(x.par_chunks(share)).enumerate().for_each(|(index, (y, x))| {
        let first = index * share / size.channels.max(1);
        dispatch(Scale { x, scale, size, first, y });
    });
    y
}

/// Some pixels, from number `first` on.
struct Scale<'a, 'y> {
    x: &'a [f32],
    scale: &'a [f32],
    size: Size,
    first: usize,
    y: &'y mut [f32],
}

impl NullaryFnOnce for Scale<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Size { channels, pixels } = self.size;
        let rows = self.y.chunks_exact_mut(channels).zip(self.x.chunks_exact(channels));
        for (row, (y, x)) in rows.enumerate() {
            let image = (self.first + row) / pixels;
            let scale = &self.scale[image * channels..][..channels];
            for (y, (x, scale)) in y.iter_mut().zip(x.iter().zip(scale)) {
                *y = x * scale;
            }
        }
    }
}

/// The sums over the pixels of each image, of `a` or of its products with `b`, over `divisor`: `[images, channels]`.
pub(crate) fn sums(a: &[f32], b: Option<&[f32]>, size: Size, divisor: usize) -> Vec<f32> {
    let Size { channels, pixels } = size;
    let image = (channels * pixels).max(1);
    let mut sums = vec![0.0; a.len() / image * channels];
    let images = sums.par_chunks_mut(channels.max(1)).zip(a.par_chunks(image)).enumerate();
    images.for_each(|(index, (sums, a))| {
        let b = b.map(|b| &b[index * image..]);
        dispatch(Sums { a, b, divisor: divisor as f64, sums });
    });
    sums
}

/// One image.
struct Sums<'a, 's> {
    a: &'a [f32],
    b: Option<&'a [f32]>,
    divisor: f64,
    sums: &'s mut [f32],
}

impl NullaryFnOnce for Sums<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { a, b, divisor, sums } = self;
        let channels = sums.len();
        let mut totals = vec![0.0_f64; channels];
        for (index, rows) in a.chunks(ROWS * channels).enumerate() {
            sums.fill(0.0);
            let others = b.map(|b| b[index * ROWS * channels..].chunks_exact(channels));
            match others {
                Some(others) => rows.chunks_exact(channels).zip(others).for_each(|(a, b)| {
                    let products = a.iter().zip(b).map(|(a, b)| a * b);
                    sums.iter_mut().zip(products).for_each(|(sum, product)| *sum += product);
                }),
                None => rows.chunks_exact(channels).for_each(|a| {
                    sums.iter_mut().zip(a).for_each(|(sum, a)| *sum += a);
                }),
            }
            totals.iter_mut().zip(&*sums).for_each(|(total, sum)| *total += f64::from(*sum));
        }
        sums.iter_mut().zip(totals).for_each(|(sum, total)| *sum = (total / divisor) as f32);
    }
}

/// The sum of both, or its positive part.
pub(crate) fn sum(a: &[f32], b: &[f32], with_relu: bool) -> Vec<f32> {
    let mut y = pool::take(a.len());
    let share = channels::share(a.len(), 1);
    let parts = y.par_chunks_mut(share).zip(a.par_chunks(share).zip(b.par_chunks(share)));
    parts.for_each(|(y, (a, b))| dispatch(Sum { a, b, with_relu, y }));
    y
}

struct Sum<'a, 'y> {
    a: &'a [f32],
    b: &'a [f32],
    with_relu: bool,
    y: &'y mut [f32],
}

impl NullaryFnOnce for Sum<'_, '_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (y, (a, b)) in self.y.iter_mut().zip(self.a.iter().zip(self.b)) {
            *y = if self.with_relu { relu(a + b) } else { a + b };
        }
    }
}

/// Leaves of `dy` what passes the ReLU that made `y`.
pub(crate) fn mask(dy: &mut [f32], y: &[f32]) {
    let share = channels::share(dy.len(), 1);
    dy.par_chunks_mut(share).zip(y.par_chunks(share)).for_each(|(dy, y)| {
        for (dy, y) in dy.iter_mut().zip(y) {
            *dy = finish::mask(*dy, *y);
        }
    });
}
