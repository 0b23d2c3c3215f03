//! The layers before the first stage.

use burn::module::Module;
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::Tensor;

use crate::Norm;
use crate::activation::Activate;
use crate::init::Init;
use crate::ops::{conv_norm, max_pool};
use crate::options::{Activation, AntiAlias, NormKind, Stem};
use crate::shape::ConvShape;
use crate::then::Then;

/// The convolutions of the stem; the normalisation of the last one is a field of the network.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one per network, so a pointer saves nothing")]
pub enum StemConv {
    /// One convolution, torchvision's `conv1`.
    Single(Conv2d),
    /// Three, timm's `conv1.0`, `conv1.3` and `conv1.6`.
    Deep(DeepStem),
}

/// Three convolutions with normalisation and activation between them, numbered as in timm.
pub type DeepStem = (Conv2d, Norm, Activate, Conv2d, Norm, Activate, Conv2d);

impl StemConv {
    pub(crate) fn new(
        shapes: &[ConvShape],
        norm: NormKind,
        activation: Activation,
        init: &mut Init<'_>,
    ) -> Self {
        let [first, second, third] = shapes else { return Self::Single(init.conv(&shapes[0])) };
        Self::Deep((
            init.conv(first),
            init.norm(norm, first.output, 1.0),
            Activate::new(activation),
            init.conv(second),
            init.norm(norm, second.output, 1.0),
            Activate::new(activation),
            init.conv(third),
        ))
    }

    /// `[b, c, h, w]` to `[b, width, h/2, w/2]`, or the same size for small images.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        self.forward_then(x_bchw, None, Then::default())
    }

    /// [`forward`](Self::forward), the normalisation of the last convolution, and what follows.
    pub(crate) fn forward_then(
        &self,
        x_bchw: Tensor<4>,
        norm: Option<&Norm>,
        then: Then,
    ) -> Tensor<4> {
        match self {
            Self::Single(conv) => conv_norm(conv, norm, x_bchw, then),
            Self::Deep((conv0, norm1, act2, conv3, norm4, act5, conv6)) => {
                let x = conv_norm(conv0, Some(norm1), x_bchw, act2.then());
                let x = conv_norm(conv3, Some(norm4), x, act5.then());
                conv_norm(conv6, norm, x, then)
            }
        }
    }
}

/// What halves the size between the stem and the first stage, torchvision's `maxpool`.
#[derive(Module, Debug)]
#[expect(clippy::large_enum_variant, reason = "one per network, so a pointer saves nothing")]
pub enum StemPooling {
    /// Max-pooling.
    Max(MaxPool2d),
    /// Max-pooling of stride 1, then a filter of stride 2.
    Smooth(SmoothPool),
    /// A convolution of stride 2, timm's `maxpool.0` and `maxpool.1`.
    Conv((Conv2d, Norm, Activate)),
}

impl StemPooling {
    pub(crate) fn max(anti_alias: Option<AntiAlias>) -> Self {
        let max = |stride| {
            MaxPool2dConfig::new([3, 3])
                .with_strides([stride, stride])
                .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
                .init()
        };
        match anti_alias {
            None => Self::Max(max(2)),
            Some(AntiAlias::Blur) => {
                Self::Smooth(SmoothPool { max: Some(max(1)), filter: AntiAlias::Blur })
            }
            Some(filter) => Self::Smooth(SmoothPool { max: None, filter }),
        }
    }

    /// `[b, c, h, w]` to `[b, c, h/2, w/2]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Max(pool) => max_pool(pool, x_bchw),
            Self::Smooth(pool) => pool.forward(x_bchw),
            Self::Conv((conv, norm, act)) => conv_norm(conv, Some(norm), x_bchw, act.then()),
        }
    }
}

/// Pooling that passes no pixel over.
#[derive(Module, Debug)]
pub struct SmoothPool {
    pub(crate) max: Option<MaxPool2d>,
    #[module(skip)]
    pub(crate) filter: AntiAlias,
}

impl SmoothPool {
    /// `[b, c, h, w]` to `[b, c, h/2, w/2]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        match &self.max {
            Some(max) => self.filter.forward(max_pool(max, x_bchw)),
            None => self.filter.forward(x_bchw),
        }
    }
}

impl Stem {
    /// The convolutions, in order.
    pub(crate) fn convs(self, channels: usize, width: usize) -> Vec<ConvShape> {
        let deep = |first: usize| {
            vec![
                ConvShape::new(channels, first, 3).stride(2),
                ConvShape::new(first, width / 2, 3),
                ConvShape::new(width / 2, width, 3),
            ]
        };
        match self {
            Self::ImageNet => vec![ConvShape::new(channels, width, 7).stride(2)],
            Self::Small => vec![ConvShape::new(channels, width, 3)],
            Self::Deep => deep(width / 2),
            Self::Tiered => deep(3 * width / 8),
        }
    }

    /// Input pixels to one pixel of the first stage, along an axis.
    pub(crate) fn stride(self) -> usize {
        if self == Self::Small { 1 } else { 4 }
    }
}
