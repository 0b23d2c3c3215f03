//! Normalisation layers.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use crate::BatchNorm;

/// The normalisation of a layer; which one is nothing that state-dict keys tell.
#[derive(Module, Debug)]
pub enum Norm {
    /// Over the batch; frozen or not.
    Batch(BatchNorm),
    /// Over groups of channels.
    Group(GroupNorm),
}

impl Norm {
    /// `[b, c, h, w]` to the same shape.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Batch(norm) => norm.forward(x_bchw),
            Self::Group(norm) => norm.forward(x_bchw),
        }
    }
}

/// Group normalisation ([Wu and He 2018](https://arxiv.org/abs/1803.08494)) with PyTorch's field
/// names: each image's groups of channels are brought to mean 0 and variance 1.
#[derive(Module, Debug)]
pub struct GroupNorm {
    /// Scale of each channel, `[c]`.
    pub weight: Param<Tensor<1>>,
    /// Shift of each channel, `[c]`.
    pub bias: Param<Tensor<1>>,
    /// Groups of channels.
    pub groups: usize,
    /// Added to the variance before the square root.
    pub epsilon: f64,
}

impl GroupNorm {
    /// `[b, c, h, w]` to the same shape, where `c` is a multiple of the groups.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let [b, c, h, w] = x_bchw.dims();
        let x = x_bchw.reshape([b, self.groups, c / self.groups * h * w]);
        let centered = x.clone() - x.mean_dim(2);
        let variance = centered.clone().powi_scalar(2).mean_dim(2);
        let x = (centered / variance.add_scalar(self.epsilon).sqrt()).reshape([b, c, h, w]);
        let weight = self.weight.val().reshape([1, c, 1, 1]);
        x * weight + self.bias.val().reshape([1, c, 1, 1])
    }
}
