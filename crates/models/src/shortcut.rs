//! The shortcut of a block whose shape changes.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;

use crate::Norm;
use crate::blur_pool::shortcut_pool;
use crate::init::Init;
use crate::ops::{Then, conv_norm};
use crate::options::{Shortcut, Version};
use crate::shape::BlockShape;

/// The projection, numbered as torchvision's and timm's `downsample`.
///
/// There is no normalisation in version 2, nor in a network whose normalisations were folded.
#[derive(Module, Debug)]
pub enum Downsample {
    /// Convolution `0` and normalisation `1`.
    Conv((Conv2d, Option<Norm>)),
    /// Pooling `0`, convolution `1` and normalisation `2`.
    Pooled((ShortcutPool, Conv2d, Option<Norm>)),
}

impl Downsample {
    pub(crate) fn new(shape: &BlockShape, init: &mut Init<'_>) -> Self {
        let (pools, conv) = shape.projection();
        let stride = pools.then_some(shape.stride);
        let conv = init.conv(&conv);
        let norm = (shape.version != Version::V2).then(|| init.norm(shape.norm, shape.output, 1.0));
        match shape.shortcut {
            Shortcut::Conv => Self::Conv((conv, norm)),
            Shortcut::AveragePool => Self::Pooled((ShortcutPool { stride }, conv, norm)),
        }
    }

    /// `[b, c, h, w]` to `[b, c', h/stride, w/stride]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let (x, conv, norm) = match self {
            Self::Conv((conv, norm)) => (x_bchw, conv, norm),
            Self::Pooled((pool, conv, norm)) => (pool.forward(x_bchw), conv, norm),
        };
        conv_norm(conv, norm.as_ref(), x, Then::default())
    }
}

/// 2×2 average-pooling before a projection.
#[derive(Module, Debug)]
pub struct ShortcutPool {
    /// None where the size stays and nothing is dilated.
    pub(crate) stride: Option<usize>,
}

impl ShortcutPool {
    /// `[b, c, h, w]` to `[b, c, h/stride, w/stride]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        match self.stride {
            Some(stride) => shortcut_pool(x_bchw, stride),
            None => x_bchw,
        }
    }
}
