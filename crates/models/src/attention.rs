//! Channel attention: each channel is scaled by a number that the whole feature map decides.

use burn::module::Module;
use burn::nn::conv::{Conv1d, Conv2d};
use burn::tensor::Tensor;
use burn::tensor::activation::{relu, sigmoid};
use resnet_kernels::{average_pool, scale_channels};

use crate::precision::{in_32_bits, like};

/// The attention of a block, with timm's field names.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "a few per network, so a pointer saves nothing")]
pub enum Attention {
    /// Squeeze and excitation.
    SqueezeExcite(SqueezeExcite),
    /// Efficient channel attention.
    Efficient(EfficientAttention),
}

impl Attention {
    /// `[b, c, h, w]` to the same shape.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        match self {
            Self::SqueezeExcite(attention) => attention.forward(x_bchw),
            Self::Efficient(attention) => attention.forward(x_bchw),
        }
    }
}

/// Squeeze and excitation ([Hu et al. 2017](https://arxiv.org/abs/1709.01507)): two fully connected
/// layers on the mean of every channel.
#[derive(Module, Debug)]
pub struct SqueezeExcite {
    pub(crate) fc1: Conv2d,
    pub(crate) fc2: Conv2d,
}

impl SqueezeExcite {
    /// `[b, c, h, w]` to the same shape.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let hidden = relu(self.fc1.forward(channel_means(&x_bchw)));
        let scale = like(sigmoid(self.fc2.forward(hidden)), &x_bchw);
        let [b, c, ..] = scale.dims();
        scale_channels(x_bchw, scale.reshape([b, c]))
    }
}

/// Efficient channel attention ([Wang et al. 2019](https://arxiv.org/abs/1910.03151)): a short
/// convolution along the channels' means.
#[derive(Module, Debug)]
pub struct EfficientAttention {
    pub(crate) conv: Conv1d,
}

impl EfficientAttention {
    /// `[b, c, h, w]` to the same shape.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let [b, c, _, _] = x_bchw.dims();
        let means = channel_means(&x_bchw).reshape([b, 1, c]);
        let scale = sigmoid(self.conv.forward(means)).reshape([b, c, 1, 1]);
        let scale = like(scale, &x_bchw);
        scale_channels(x_bchw, scale.reshape([b, c]))
    }
}

/// `[b, c, 1, 1]`, in 32 bits.
fn channel_means(x_bchw: &Tensor<4>) -> Tensor<4> {
    let [b, c, ..] = x_bchw.dims();
    average_pool(in_32_bits(x_bchw.clone())).reshape([b, c, 1, 1])
}

/// Width of the hidden layer: a multiple of 8 near `ratio` times the channels, as in timm.
pub(crate) fn hidden_channels(channels: usize, ratio: f64) -> usize {
    let wanted = channels as f64 * ratio;
    (((wanted + 4.0) as usize) / 8 * 8).max(8)
}

/// Length of the kernel: odd and about half the binary logarithm of the channels, at least 3.
pub(crate) fn kernel_length(channels: usize) -> usize {
    let length = (((channels as f64).log2() + 1.0) / 2.0) as usize;
    (length | 1).max(3)
}
