//! The network itself.

use burn::module::{Module, ModuleVisitor, Param};
use burn::nn::PaddingConfig2d;
use burn::nn::conv::Conv2d;
use burn::nn::pool::{MaxPool2d, MaxPool2dConfig};
use burn::tensor::{Device, Tensor};

use crate::block::{BlockShape, ResidualBlock};
use crate::config::{ResNetConfig, Stem};
use crate::init::Init;
use crate::ops::{self, Then, conv_norm};
use crate::{BatchNorm, Linear};

/// A residual network ([He et al. 2015](https://arxiv.org/abs/1512.03385)), version 1.5.
///
/// Fields are named as in torchvision's `resnet.py`; build one with [`ResNetConfig::init`].
#[derive(Module, Debug)]
pub struct ResNet {
    conv1: Conv2d,
    bn1: BatchNorm,
    maxpool: Option<MaxPool2d>,
    layer1: Vec<ResidualBlock>,
    layer2: Vec<ResidualBlock>,
    layer3: Vec<ResidualBlock>,
    layer4: Vec<ResidualBlock>,
    fc: Linear,
}

impl ResNet {
    pub(crate) fn new(config: &ResNetConfig, seed: u64, device: &Device) -> Self {
        let stages = config.blocks.len();
        assert!((3..=4).contains(&stages), "a ResNet has three or four stages, not {stages}");
        assert!(!config.blocks.contains(&0), "every stage needs a block: {:?}", config.blocks);
        let init = &mut Init::new(seed, device);
        let (kernel, stride) = match config.stem {
            Stem::ImageNet => (7, 2),
            Stem::Small => (3, 1),
        };
        Self {
            conv1: init.conv([3, config.width], kernel, stride),
            bn1: init.batch_norm(config.width, 1.0),
            maxpool: (config.stem == Stem::ImageNet).then(max_pool),
            layer1: stage(config, 0, init),
            layer2: stage(config, 1, init),
            layer3: stage(config, 2, init),
            layer4: stage(config, 3, init),
            fc: init.linear(config.feature_channels(), config.num_classes),
        }
    }

    /// Logits `[b, classes]` of normalised images `[b, 3, h, w]`.
    ///
    /// On an autodiff device batch normalisation uses and updates its statistics; call
    /// `model.valid()` for inference.
    #[must_use]
    pub fn forward(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        let mut x = conv_norm(&self.conv1, &self.bn1, images_bchw, Then::relu());
        if let Some(pool) = &self.maxpool {
            x = ops::max_pool(pool, x);
        }
        for block in self.blocks() {
            x = block.forward(x);
        }
        // The mean over all pixels is torchvision's adaptive average pooling to 1×1.
        let [b, c, h, w] = x.dims();
        let features = x.reshape([b, c, h * w]).mean_dim(2).reshape([b, c]);
        self.fc.forward(features)
    }

    /// Trainable parameters: weights and biases, without the running statistics of BatchNorm.
    #[must_use]
    pub fn num_trainable_params(&self) -> usize {
        let mut count = CountTrainable::default();
        self.visit(&mut count);
        count.trainable
    }

    fn blocks(&self) -> impl Iterator<Item = &ResidualBlock> {
        [&self.layer1, &self.layer2, &self.layer3, &self.layer4].into_iter().flatten()
    }
}

fn max_pool() -> MaxPool2d {
    MaxPool2dConfig::new([3, 3])
        .with_strides([2, 2])
        .with_padding(PaddingConfig2d::Explicit(1, 1, 1, 1))
        .init()
}

/// Stage `index`, empty where the network has fewer; every stage but the first halves the size.
fn stage(config: &ResNetConfig, index: usize, init: &mut Init<'_>) -> Vec<ResidualBlock> {
    let width = config.width << index;
    let expanded = |width: usize| width * config.block.expansion();
    let count = config.blocks.get(index).copied().unwrap_or(0);
    let block = |position: usize| BlockShape {
        kind: config.block,
        in_channels: match (index, position) {
            (0, 0) => config.width,
            (_, 0) => expanded(width / 2),
            _ => expanded(width),
        },
        width,
        stride: if index > 0 && position == 0 { 2 } else { 1 },
        zero_init_gamma: config.zero_init_gamma,
    };
    (0..count).map(|position| ResidualBlock::new(&block(position), init)).collect()
}

#[derive(Default)]
struct CountTrainable {
    path: Vec<String>,
    trainable: usize,
}

impl ModuleVisitor for CountTrainable {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let is_buffer = self.path.last().is_some_and(|name| name.starts_with("running_"));
        if !is_buffer {
            self.trainable += param.val().shape().num_elements();
        }
    }
}
