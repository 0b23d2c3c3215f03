//! Layers with torchvision's initial values, drawn from our own generator.
//!
//! Burn's initialisers draw from the device's generator: the same seed gives other weights on
//! another device, and lazily, so in the order of first use. Here the values come from one ChaCha
//! stream in the order of construction, the same on every device.

use std::f64::consts::TAU;
use std::sync::Arc;

use burn::module::{Module, Param, RunningState};
use burn::nn::conv::{Conv1dConfig, Conv2d, Conv2dConfig};
use burn::nn::{PaddingConfig1d, PaddingConfig2d};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use resnet_kernels::SumOverRanks;

use crate::attention::{
    Attention, EfficientAttention, SqueezeExcite, hidden_channels, kernel_length,
};
use crate::norm::{GroupNorm, Norm};
use crate::options::{AttentionKind, NormKind, Version};
use crate::shape::ConvShape;
use crate::{BatchNorm, Linear};

/// Builds layers on one device, all from one seed.
pub(crate) struct Init<'d> {
    rng: ChaCha8Rng,
    device: &'d Device,
    ranks: Option<Arc<dyn SumOverRanks>>,
}

impl<'d> Init<'d> {
    pub(crate) fn new(seed: u64, device: &'d Device) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), device, ranks: None }
    }

    /// With batch normalisations that have the statistics of all `ranks`.
    pub(crate) fn among(self, ranks: Arc<dyn SumOverRanks>) -> Self {
        Self { ranks: Some(ranks), ..self }
    }

    /// A convolution without bias.
    ///
    /// Normal with variance 2 / fan-out, torchvision's `kaiming_normal_(mode="fan_out")`, which
    /// counts the channels of all groups.
    pub(crate) fn conv(&mut self, shape: &ConvShape) -> Conv2d {
        let pad = shape.kernel / 2 * shape.dilation;
        let mut conv = Conv2dConfig::new([shape.input, shape.output], [shape.kernel; 2])
            .with_stride([shape.stride; 2])
            .with_dilation([shape.dilation; 2])
            .with_groups(shape.groups)
            .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
            .with_bias(false)
            .init(self.device);
        let std = (2.0 / (shape.output * shape.kernel * shape.kernel) as f64).sqrt();
        conv.weight = self.normal_param(shape.weight(), std);
        conv
    }

    /// Scale `gamma` and shift 0; for a batch's normalisation running mean 0 and variance 1,
    /// PyTorch's momentum and epsilon.
    pub(crate) fn norm(&self, kind: NormKind, channels: usize, gamma: f32) -> Norm {
        match kind {
            NormKind::Batch => Norm::Batch(self.batch_norm(channels, gamma)),
            NormKind::FrozenBatch => Norm::Batch(self.batch_norm(channels, gamma).freeze()),
            NormKind::Group { groups } => Norm::Group(GroupNorm {
                weight: self.param(vec![gamma; channels], [channels]),
                bias: self.param(vec![0.0; channels], [channels]),
                groups,
                epsilon: 1e-5,
            }),
        }
    }

    fn batch_norm(&self, channels: usize, gamma: f32) -> BatchNorm {
        BatchNorm {
            weight: self.param(vec![gamma; channels], [channels]),
            bias: self.param(vec![0.0; channels], [channels]),
            running_mean: RunningState::new(Tensor::zeros([channels], self.device)),
            running_var: RunningState::new(Tensor::ones([channels], self.device)),
            training: Param::from_bool(true),
            momentum: 0.1,
            epsilon: 1e-5,
            ranks: self.ranks.clone(),
        }
    }

    /// timm's attention layers of a block with this many output channels.
    pub(crate) fn attention(&mut self, kind: AttentionKind, channels: usize) -> Attention {
        match kind {
            AttentionKind::SqueezeExcite { ratio } => {
                let hidden = hidden_channels(channels, ratio);
                Attention::SqueezeExcite(SqueezeExcite {
                    fc1: self.biased_conv(&ConvShape::new(channels, hidden, 1)),
                    fc2: self.biased_conv(&ConvShape::new(hidden, channels, 1)),
                })
            }
            AttentionKind::Efficient => {
                let length = kernel_length(channels);
                let pad = length / 2;
                let config = Conv1dConfig::new(1, 1, length)
                    .with_padding(PaddingConfig1d::Explicit(pad, pad))
                    .with_bias(false);
                let mut conv = config.init(self.device);
                conv.weight = self.uniform_param([1, 1, length], length);
                Attention::Efficient(EfficientAttention { conv })
            }
        }
    }

    /// A 1×1 convolution whose bias has PyTorch's default, uniform in ±1/√in.
    fn biased_conv(&mut self, shape: &ConvShape) -> Conv2d {
        let mut conv = self.conv(shape);
        conv.bias = Some(self.uniform_param([shape.output], shape.input));
        conv
    }

    /// The last layer: PyTorch's default, or timm's for version 2.
    pub(crate) fn classifier(&mut self, version: Version, input: usize, output: usize) -> Linear {
        match version {
            Version::V1 | Version::V1_5 => self.linear(input, output),
            Version::V2 => Linear {
                weight: self.normal_param([output, input], 0.01),
                bias: self.param(vec![0.0; output], [output]),
            },
        }
    }

    /// PyTorch's default: weight and bias uniform in ±1/√in.
    pub(crate) fn linear(&mut self, input: usize, output: usize) -> Linear {
        Linear {
            weight: self.uniform_param([output, input], input),
            bias: self.uniform_param([output], input),
        }
    }

    fn normal_param<const D: usize>(&mut self, shape: [usize; D], std: f64) -> Param<Tensor<D>> {
        let values = (0..shape.iter().product()).map(|_| (self.normal() * std) as f32).collect();
        self.param(values, shape)
    }

    /// Uniform in ±1/√`fan_in`.
    fn uniform_param<const D: usize>(
        &mut self,
        shape: [usize; D],
        fan_in: usize,
    ) -> Param<Tensor<D>> {
        let bound = 1.0 / (fan_in as f64).sqrt();
        let values = (0..shape.iter().product()).map(|_| self.uniform(bound)).collect();
        self.param(values, shape)
    }

    fn param<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Param<Tensor<D>> {
        Param::from_data(TensorData::new(values, shape), self.device)
    }

    fn uniform(&mut self, bound: f64) -> f32 {
        ((2.0 * self.unit() - 1.0) * bound) as f32
    }

    /// A standard normal value, by Box and Muller's transform.
    fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.unit()).ln()).sqrt();
        radius * (TAU * self.unit()).cos()
    }

    /// Uniform in `[0, 1)`, 53 bits.
    fn unit(&mut self) -> f64 {
        (self.rng.next_u64() >> 11) as f64 / (1u64 << 53) as f64
    }
}
