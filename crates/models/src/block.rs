//! The residual block: one type for every network.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;
use resnet_kernels::add_images;

use crate::config::ResNetConfig;
use crate::drops::Drops;
use crate::init::Init;
use crate::ops::{conv_norm, conv2d, normalise};
use crate::options::{Activation, AntiAlias, Version};
use crate::shape::BlockShape;
use crate::then::Then;
use crate::{Attention, Downsample, Norm};

/// A residual block: two or three convolutions around which the input is passed on.
///
/// A basic block ([He et al. 2015](https://arxiv.org/abs/1512.03385), figure 5 left) has two 3×3
/// convolutions, a bottleneck (right) 1×1, 3×3 and 1×1. Fields are named as in torchvision.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    pub(crate) conv1: Conv2d,
    pub(crate) bn1: Option<Norm>,
    pub(crate) conv2: Conv2d,
    pub(crate) bn2: Option<Norm>,
    pub(crate) conv3: Option<Conv2d>,
    pub(crate) bn3: Option<Norm>,
    pub(crate) se: Option<Attention>,
    pub(crate) downsample: Option<Downsample>,
    #[module(skip)]
    pub(crate) settings: Settings,
}

/// What a block does besides its layers.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) activation: Activation,
    pub(crate) preactivated: bool,
    /// The filter that took a stride, and the number of the convolution that it was taken from.
    pub(crate) smoothing: Option<(usize, AntiAlias)>,
    /// Probability that the main path is left out.
    drop_rate: f64,
}

impl ResidualBlock {
    pub(crate) fn new(
        config: &ResNetConfig,
        shape: &BlockShape,
        drop_rate: f64,
        init: &mut Init<'_>,
    ) -> Self {
        let (convs, norms) = (&shape.convs, shape.norms());
        let last = convs.len() - 1;
        let settings = Settings {
            activation: config.activation,
            preactivated: shape.version == Version::V2,
            smoothing: config.anti_alias.filter(|_| shape.smoothed).map(|f| (shape.strided, f)),
            drop_rate,
        };
        let zeroed = shape.zero_init_gamma && !settings.preactivated;
        let gamma = |index| if zeroed && index == last { 0.0 } else { 1.0 };
        let norm = |index: usize, init: &Init<'_>| {
            norms.get(index).map(|&channels| init.norm(shape.norm, channels, gamma(index)))
        };
        let mut block = Self {
            conv1: init.conv(&convs[0]),
            bn1: norm(0, init),
            conv2: init.conv(&convs[1]),
            bn2: norm(1, init),
            conv3: convs.get(2).map(|conv| init.conv(conv)),
            bn3: norm(2, init),
            se: shape.attention.map(|kind| init.attention(kind, shape.output)),
            downsample: shape.needs_projection().then(|| Downsample::new(shape, init)),
            settings,
        };
        if shape.zero_init_gamma && block.settings.preactivated {
            block.zero_last_conv();
        }
        block
    }

    /// Whether the block is of version 2.
    pub(crate) fn is_preactivated(&self) -> bool {
        self.settings.preactivated
    }

    /// Version 2 ends with a convolution: it takes the part of the last gamma.
    fn zero_last_conv(&mut self) {
        let last = self.conv3.as_mut().unwrap_or(&mut self.conv2);
        last.weight = last.weight.clone().map(|weight| weight.zeros_like());
    }

    /// `[b, c, h, w]` to `[b, c', h/stride, w/stride]`; with `drops`, the main path of some images
    /// is left out.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>, drops: Option<&mut Drops>) -> Tensor<4> {
        if self.settings.preactivated {
            self.forward_preactivated(x_bchw, drops)
        } else {
            self.forward_plain(x_bchw, drops)
        }
    }

    fn forward_plain(&self, x: Tensor<4>, drops: Option<&mut Drops>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.forward(x.clone()),
            None => x.clone(),
        };
        let activation = self.settings.activation;
        let then = || Then::activate(activation);
        let mut x = self.smooth(0, conv_norm(&self.conv1, self.bn1.as_ref(), x, then()));
        let (mut conv, mut norm) = (&self.conv2, self.bn2.as_ref());
        if let Some(conv3) = &self.conv3 {
            x = self.smooth(1, conv_norm(conv, norm, x, then()));
            (conv, norm) = (conv3, self.bn3.as_ref());
        }
        if self.se.is_none() && (drops.is_none() || self.settings.drop_rate == 0.0) {
            let then = Then::add_and_activate(shortcut, activation);
            return conv_norm(conv, norm, x, then);
        }
        let x = self.finish(conv_norm(conv, norm, x, Then::default()), drops);
        Then::add_and_activate(shortcut, activation).apply(x)
    }

    fn forward_preactivated(&self, x: Tensor<4>, drops: Option<&mut Drops>) -> Tensor<4> {
        let activate = |norm: &Option<Norm>, x| {
            normalise(norm.as_ref(), x, Then::activate(self.settings.activation))
        };
        let activated = activate(&self.bn1, x.clone());
        let shortcut = match &self.downsample {
            Some(downsample) => downsample.forward(activated.clone()),
            None => x,
        };
        let x = conv2d(&self.conv1, activated);
        let mut x = conv2d(&self.conv2, activate(&self.bn2, x));
        if let Some(conv) = &self.conv3 {
            x = conv2d(conv, activate(&self.bn3, x));
        }
        add_images(self.finish(x, drops), shortcut, false)
    }

    /// Attention and stochastic depth, at the end of the main path.
    fn finish(&self, x: Tensor<4>, drops: Option<&mut Drops>) -> Tensor<4> {
        let x = match &self.se {
            Some(attention) => attention.forward(x),
            None => x,
        };
        match drops {
            Some(drops) => drops.images(x, self.settings.drop_rate),
            None => x,
        }
    }

    /// The filter after convolution `index`, where there is one.
    fn smooth(&self, index: usize, x: Tensor<4>) -> Tensor<4> {
        match self.settings.smoothing {
            Some((at, filter)) if at == index => filter.forward(x),
            _ => x,
        }
    }
}
