//! The shortcut of a block whose shape changes.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::{Slice, Tensor, s};

use crate::Norm;
use crate::blur_pool::shortcut_pool;
use crate::init::Init;
use crate::ops::conv_norm;
use crate::options::{Shortcut, Version};
use crate::shape::BlockShape;
use crate::then::Then;

/// The projection, numbered as torchvision's and timm's `downsample`.
///
/// There is no normalisation in version 2, nor in a network whose normalisations were folded.
#[derive(Module, Debug)]
pub enum Downsample {
    /// Convolution `0` and normalisation `1`.
    Conv((Conv2d, Option<Norm>)),
    /// Pooling `0`, convolution `1` and normalisation `2`.
    Pooled((ShortcutPool, Conv2d, Option<Norm>)),
    /// Pixels left out and channels of zeros, without parameters.
    Padded(ShortcutPad),
}

impl Downsample {
    pub(crate) fn new(shape: &BlockShape, init: &mut Init<'_>) -> Self {
        let Some((pools, conv)) = shape.projection() else {
            let added = shape.output - shape.input;
            return Self::Padded(ShortcutPad { stride: shape.stride, before: added / 2, added });
        };
        let stride = pools.then_some(shape.stride);
        let conv = init.conv(&conv);
        let norm = (shape.version != Version::V2).then(|| init.norm(shape.norm, shape.output, 1.0));
        if shape.shortcut == Shortcut::AveragePool {
            Self::Pooled((ShortcutPool { stride }, conv, norm))
        } else {
            Self::Conv((conv, norm))
        }
    }

    /// `[b, c, h, w]` to `[b, c', h/stride, w/stride]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let (x, conv, norm) = match self {
            Self::Conv((conv, norm)) => (x_bchw, conv, norm),
            Self::Pooled((pool, conv, norm)) => (pool.forward(x_bchw), conv, norm),
            Self::Padded(pad) => return pad.forward(x_bchw),
        };
        conv_norm(conv, norm.as_ref(), x, Then::default())
    }
}

/// The shortcut that has no parameters.
#[derive(Module, Debug)]
pub struct ShortcutPad {
    pub(crate) stride: usize,
    /// Channels of zeros before the others.
    pub(crate) before: usize,
    /// Channels of zeros before and behind.
    pub(crate) added: usize,
}

impl ShortcutPad {
    /// `[b, c, h, w]` to `[b, c + added, h/stride, w/stride]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let [b, _, h, w] = x_bchw.dims();
        let kept = |size: usize| Slice::new(0, Some(size as isize), self.stride as isize);
        let x = x_bchw.slice(s![.., .., kept(h), kept(w)]);
        let [_, _, h, w] = x.dims();
        let zeros = |channels| Tensor::zeros([b, channels, h, w], &x.device());
        Tensor::cat(vec![zeros(self.before), x.clone(), zeros(self.added - self.before)], 1)
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
