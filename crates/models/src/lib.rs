//! Residual networks on [Burn](burn), with torchvision's layout, key names and initialisation.
//!
//! A network is described by a [`ResNetConfig`] and built on a device chosen at run time:
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use resnet_models::ResNetConfig;
//!
//! # fn main() -> Result<(), resnet_models::UnknownSize> {
//! let device = Device::flex();
//! let model = ResNetConfig::new(18)?.with_num_classes(10).init(0, &device);
//! let logits = model.forward(Tensor::zeros([1, 3, 64, 64], &device));
//! assert_eq!(logits.dims(), [1, 10]);
//! # Ok(())
//! # }
//! ```
//!
//! The fields of [`ResNet`] carry torchvision's names, so a [state dict](state_dict) saved with
//! [`tensors::write`] is a safetensors file that PyTorch loads with `strict=True`, and the other
//! way round.
//!
//! Shapes in these pages are written as in PyTorch: `b` images, `c` channels, `h` rows, `w` columns.

#![warn(missing_docs)]

mod batch_norm;
mod block;
mod config;
mod init;
mod linear;
mod ops;
mod resnet;
mod state_dict;
pub mod tensors;

pub use batch_norm::BatchNorm;
pub use block::{Downsample, ResidualBlock};
pub use config::{BlockKind, ResNetConfig, Stem, UnknownSize};
pub use linear::Linear;
pub use resnet::ResNet;
pub use state_dict::{LoadReport, StateDictError, load_state_dict, state_dict};
