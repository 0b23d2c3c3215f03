//! The gradient of the mean of every channel of an image. Tensors are channels last.

use rayon::prelude::*;

use super::pool;

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
