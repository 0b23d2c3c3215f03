//! The kernels themselves: numbers in slices, f32, `[b, c, h, w]` without gaps.

pub(crate) mod batch_norm;
mod channels;
pub(crate) mod convolution;
mod correlate;
pub(crate) mod finish;
mod gather;
pub(crate) mod geometry;
pub(crate) mod max_pool;
pub(crate) mod pool;
mod scatter;
mod scratch;
mod sums;
mod tile;
mod weight_gradient;
mod weights;
