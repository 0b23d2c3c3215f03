//! Work on one channel of `[b, c, pixels]` at a time, on all threads.

use rayon::prelude::*;

/// The planes of each channel, for writing.
pub(crate) fn split_mut(values: &mut [f32], channels: usize, plane: usize) -> Vec<Vec<&mut [f32]>> {
    let mut split: Vec<Vec<&mut [f32]>> = (0..channels).map(|_| Vec::new()).collect();
    for (index, values) in values.chunks_mut(plane.max(1)).enumerate() {
        split[index % channels].push(values);
    }
    split
}

/// The planes of `channel`, for reading, image after image.
pub(crate) fn planes(
    values: &[f32],
    (channels, plane): (usize, usize),
    channel: usize,
) -> impl Iterator<Item = &[f32]> {
    values.chunks(plane.max(1)).skip(channel).step_by(channels)
}

/// Calls `work` for every channel with the channel's planes of `values`; results in order.
pub(crate) fn map<T: Send>(
    values: &mut [f32],
    (channels, plane): (usize, usize),
    work: impl Fn(usize, &mut [&mut [f32]]) -> T + Sync,
) -> Vec<T> {
    let mut split = split_mut(values, channels, plane);
    split.par_iter_mut().enumerate().map(|(channel, planes)| work(channel, planes)).collect()
}

/// What `work` finds out about each channel, in order.
pub(crate) fn collect<T: Send>(channels: usize, work: impl Fn(usize) -> T + Sync + Send) -> Vec<T> {
    (0..channels).into_par_iter().map(work).collect()
}
