//! Layers with torchvision's initial values, drawn from our own generator.
//!
//! Burn's initialisers draw from the device's generator: the same seed gives other weights on
//! another device, and lazily, so in the order of first use. Here the values come from one ChaCha
//! stream in the order of construction, the same on every device.

use std::f64::consts::TAU;

use burn::module::{Param, RunningState};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::tensor::{Device, Tensor, TensorData};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::{BatchNorm, Linear};

/// Builds layers on one device, all from one seed.
pub(crate) struct Init<'d> {
    rng: ChaCha8Rng,
    device: &'d Device,
}

impl<'d> Init<'d> {
    pub(crate) fn new(seed: u64, device: &'d Device) -> Self {
        Self { rng: ChaCha8Rng::seed_from_u64(seed), device }
    }

    /// A convolution without bias, padded to keep the size at stride 1; `channels` in and out.
    ///
    /// Normal with variance 2 / fan-out, torchvision's `kaiming_normal_(mode="fan_out")`.
    pub(crate) fn conv(&mut self, channels: [usize; 2], kernel: usize, stride: usize) -> Conv2d {
        let pad = kernel / 2;
        let mut conv = Conv2dConfig::new(channels, [kernel, kernel])
            .with_stride([stride, stride])
            .with_padding(PaddingConfig2d::Explicit(pad, pad, pad, pad))
            .with_bias(false)
            .init(self.device);
        let std = (2.0 / (channels[1] * kernel * kernel) as f64).sqrt();
        let shape = [channels[1], channels[0], kernel, kernel];
        let values = (0..shape.iter().product()).map(|_| (self.normal() * std) as f32).collect();
        conv.weight = self.param(values, shape);
        conv
    }

    /// Scale `gamma`, shift 0, running mean 0 and variance 1; PyTorch's momentum and epsilon.
    pub(crate) fn batch_norm(&self, channels: usize, gamma: f32) -> BatchNorm {
        BatchNorm {
            weight: self.param(vec![gamma; channels], [channels]),
            bias: self.param(vec![0.0; channels], [channels]),
            running_mean: RunningState::new(Tensor::zeros([channels], self.device)),
            running_var: RunningState::new(Tensor::ones([channels], self.device)),
            momentum: 0.1,
            epsilon: 1e-5,
        }
    }

    /// Weight and bias uniform in ±1/√in, PyTorch's default.
    pub(crate) fn linear(&mut self, input: usize, output: usize) -> Linear {
        let bound = 1.0 / (input as f64).sqrt();
        let weight = (0..input * output).map(|_| self.uniform(bound)).collect();
        let bias = (0..output).map(|_| self.uniform(bound)).collect();
        Linear { weight: self.param(weight, [output, input]), bias: self.param(bias, [output]) }
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
