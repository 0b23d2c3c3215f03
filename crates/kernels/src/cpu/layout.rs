//! From channels first to channels last.

use rayon::prelude::*;

/// Pixels whose channels are written together.
const PIXELS: usize = 64;

/// `[images, channels, pixels]` to `[images, pixels, channels]`.
pub(crate) fn channels_last(values: &[f32], channels: usize, plane: usize) -> Vec<f32> {
    let mut to = super::pool::take(values.len());
    let image = (channels * plane).max(1);
    let chunk = (PIXELS * channels).max(1);
    let images = to.par_chunks_mut(image).zip(values.par_chunks(image));
    images.for_each(|(to, values)| {
        to.par_chunks_mut(chunk).enumerate().for_each(|(index, to)| {
            for (channel, plane) in values.chunks_exact(plane).enumerate() {
                let from = &plane[index * PIXELS..];
                for (to, from) in to.iter_mut().skip(channel).step_by(channels).zip(from) {
                    *to = *from;
                }
            }
        });
    });
    to
}
