//! The mean of every channel of an image. Tensors are channels last.

use rayon::prelude::*;

use super::pool;

/// Pixels whose sum is taken in 32 bits before it goes to 64.
const ROWS: usize = 64;

/// `[images, pixels, channels]` to `[images, channels]`.
pub(crate) fn forward(x: &[f32], channels: usize, pixels: usize) -> Vec<f32> {
    let image = (pixels * channels).max(1);
    let mut means = vec![0.0; x.len() / image * channels];
    let images = means.par_chunks_mut(channels.max(1)).zip(x.par_chunks(image));
    images.for_each(|(means, x)| {
        let mut totals = vec![0.0_f64; channels];
        for rows in x.chunks(ROWS * channels) {
            means.fill(0.0);
            for row in rows.chunks_exact(channels) {
                means.iter_mut().zip(row).for_each(|(sum, x)| *sum += x);
            }
            totals.iter_mut().zip(&*means).for_each(|(total, sum)| *total += f64::from(*sum));
        }
        let mean = |total: f64| (total / pixels as f64) as f32;
        means.iter_mut().zip(totals).for_each(|(to, total)| *to = mean(total));
    });
    means
}

/// The gradient of the images: each pixel has the same share of its channel's.
pub(crate) fn backward(dy: &[f32], channels: usize, pixels: usize) -> Vec<f32> {
    let image = (pixels * channels).max(1);
    let mut dx = pool::take(dy.len() * pixels);
    let images = dx.par_chunks_mut(image).zip(dy.par_chunks(channels.max(1)));
    images.for_each(|(dx, dy)| {
        let Some((first, others)) = dx.split_at_mut_checked(channels) else { return };
        first.iter_mut().zip(dy).for_each(|(dx, dy)| *dx = dy / pixels as f32);
        others.chunks_exact_mut(channels).for_each(|dx| dx.copy_from_slice(first));
    });
    dx
}
