//! The kernels against PyTorch, against Burn's own operations, and against differences in f64.

mod batch_norm;
mod branches;
mod convolution;
mod golden;
#[cfg(feature = "wgpu")]
mod gpu;
mod instructions;
mod max_pool;
mod odd_values;
mod optimizer;
mod profile;
mod ranks;
mod support;
