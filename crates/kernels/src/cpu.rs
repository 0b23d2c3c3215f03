//! The kernels themselves: numbers in slices, f32, channels last: `[b, h, w, c]` without gaps.

pub(crate) mod adam;
pub(crate) mod average_pool;
pub(crate) mod batch_norm;
mod channels;
pub(crate) mod convolution;
mod correlate;
pub(crate) mod cross_entropy;
pub(crate) mod finish;
pub(crate) mod geometry;
mod grouped;
pub(crate) mod images;
pub(crate) mod layout;
pub(crate) mod max_pool;
pub(crate) mod optimizer;
pub(crate) mod pool;
mod prefetch;
mod scratch;
mod source;
mod tile;
mod weight_gradient;
pub(crate) mod weights;
pub(crate) mod winograd;
