//! Convolution, batch normalisation and pooling of ResNets with backward passes of their own, and steps of
//! optimizers, beside [Burn](burn)'s.
//!
//! On Burn's CPU backend Flex and in f32 the functions of this crate run kernels written for the
//! shapes of ResNets. On GPUs, with the features `cuda` or `wgpu`, batch normalisation is a kernel for
//! f32, f16 and bf16, a step of an optimizer is one for f32, and convolutions run on the matrix units
//! where there are any. Everywhere else,
//! and after [`use_kernels(false)`](use_kernels), the functions are Burn's own operations. The results
//! agree up to rounding, where matrix units round f32 factors to TF32 first. Gradient checkpointing does
//! not reach the kernels: what their backward passes need is kept.
//!
//! ```
//! use burn::tensor::{Device, Tensor, ops::ConvOptions};
//!
//! let device = Device::flex();
//! let images = Tensor::<4>::ones([1, 3, 8, 8], &device);
//! let weight = Tensor::<4>::ones([16, 3, 3, 3], &device);
//! let options = ConvOptions::new([2, 2], [1, 1], [1, 1], 1);
//! assert_eq!(resnet_kernels::conv2d(images, weight, options).dims(), [1, 16, 4, 4]);
//! ```

#![warn(missing_docs)]

#[cfg(feature = "cube")]
mod convolution;
#[cfg(feature = "flex")]
mod cpu;
#[cfg(feature = "cube")]
mod cube;
#[cfg(feature = "flex")]
mod flex;
#[cfg(feature = "cube")]
mod geometry;
mod instructions;
#[cfg(any(feature = "flex", feature = "cube"))]
mod normalisation;
mod operations;
mod optimizer;
#[cfg(feature = "cube")]
mod product;
mod profile;
mod ranks;
#[cfg(feature = "flex")]
mod registered;
mod rules;
#[cfg(any(feature = "flex", feature = "cube"))]
mod steps;
mod switch;
mod window;

pub use instructions::{Instructions, instructions_in_use, use_instructions};
pub use operations::{
    Normalised, add_images, affine, average_pool, batch_norm_among, batch_norm_train, conv2d,
    conv2d_affine, cross_entropy, linear, max_pool2d, scale_channels,
};
pub use optimizer::{adamw_step, has_optimizer_steps, lamb_step, lars_step, sgd_step};
pub use profile::{Measured, end_profile, start_profile};
pub use ranks::SumOverRanks;
pub use rules::{AdamW, Lars, Sgd};
pub use switch::{kernels_in_use, use_kernels};
pub use window::PoolWindow;
