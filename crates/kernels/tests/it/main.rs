//! The kernels against PyTorch, against Burn's own operations, and against differences in f64.

mod average_pool;
mod batch_norm;
mod branches;
mod convolution;
mod cross_entropy;
mod golden;
#[cfg(feature = "wgpu")]
mod gpu;
mod images;
mod instructions;
mod max_pool;
mod odd_values;
mod optimizer;
mod profile;
mod ranks;
mod support;
mod winograd;
