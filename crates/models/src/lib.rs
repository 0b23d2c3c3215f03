//! Residual networks on [Burn](burn), with torchvision's layout, key names and initialisation.
//!
//! A network is described by a [`ResNetConfig`] and built on a device chosen at run time:
//!
//! ```
//! use burn::tensor::{Device, Tensor};
//! use resnet_models::ResNetConfig;
//!
//! let device = Device::flex();
//! let model = ResNetConfig::resnet18().with_num_classes(10).init(0, &device);
//! let logits = model.forward(Tensor::zeros([1, 3, 64, 64], &device));
//! assert_eq!(logits.dims(), [1, 10]);
//! ```
//!
//! The fields of [`ResNet`] carry torchvision's names, so a [state dict](state_dict) saved with
//! [`tensors::write`] is a safetensors file that PyTorch loads with `strict=True`, and the other
//! way round.
//!
//! Shapes in these pages are written as in PyTorch: `b` images, `c` channels, `h` rows, `w` columns.

#![warn(missing_docs)]

mod activation;
mod attention;
mod batch_norm;
mod block;
mod blur_pool;
mod check;
mod classifier;
mod config;
mod cost;
mod drops;
mod element;
mod fold;
mod forward;
mod grad_cam;
mod halving;
mod init;
mod input;
mod linear;
mod norm;
pub mod onnx;
mod ops;
mod options;
mod param_groups;
mod parts;
mod path;
mod pooling;
mod precision;
mod presets;
mod read_back;
mod registry;
mod resnet;
mod setters;
mod shape;
mod shortcut;
mod state_dict;
mod stem;
pub mod tensors;
mod then;
pub mod timm;
mod transfer;
pub mod weights;

pub use activation::Activate;
pub use attention::{Attention, EfficientAttention, SqueezeExcite};
pub use batch_norm::BatchNorm;
pub use block::ResidualBlock;
pub use check::ConfigError;
pub use classifier::Classifier;
pub use config::{ResNetConfig, UnknownSize};
pub use cost::Cost;
pub use drops::Drops;
pub use input::InputError;
pub use linear::Linear;
pub use norm::{GroupNorm, Norm};
pub use options::{
    Activation, AntiAlias, AttentionKind, BlockKind, NormKind, Pooling, Shortcut, Stem, StemPool,
    Version,
};
pub use param_groups::{ParamRule, decays, lr_factor, param_rules};
pub use parts::{Part, set_learning};
pub use path::ModulePath;
pub use read_back::read_back;
pub use registry::{Published, UnknownName, ZooEntry, by_name, zoo};
pub use resnet::{ResNet, is_buffer, num_trainable_params};
pub use resnet_kernels::SumOverRanks;
pub use shortcut::{Downsample, ShortcutPad, ShortcutPool};
pub use state_dict::{LoadReport, StateDictError, load_state_dict, state_dict};
pub use stem::{DeepStem, SmoothPool, StemConv, StemPooling};
