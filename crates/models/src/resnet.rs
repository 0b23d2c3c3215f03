//! The network itself.

use std::sync::Arc;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use resnet_kernels::SumOverRanks;

use crate::activation::Activate;
use crate::block::ResidualBlock;
use crate::config::ResNetConfig;
use crate::halving::{self, Halving};
use crate::init::Init;
use crate::options::{Activation, Pooling, Stem, StemPool, Version};
use crate::shape::{self, BlockShape, ConvShape};
use crate::stem::{StemConv, StemPooling};
use crate::{Linear, ModulePath, Norm};

/// A residual network ([He et al. 2015](https://arxiv.org/abs/1512.03385)) of any version.
///
/// Fields are named as in torchvision's `resnet.py` and, for what torchvision lacks, timm's; build
/// one with [`ResNetConfig::init`].
#[derive(Module, Debug)]
pub struct ResNet {
    pub(crate) conv1: StemConv,
    /// None in version 2 and where it was folded.
    pub(crate) bn1: Option<Norm>,
    pub(crate) maxpool: Option<StemPooling>,
    pub(crate) layer1: Vec<ResidualBlock>,
    pub(crate) layer2: Vec<ResidualBlock>,
    pub(crate) layer3: Vec<ResidualBlock>,
    pub(crate) layer4: Vec<ResidualBlock>,
    /// After the last block of version 2.
    pub(crate) norm: Option<Norm>,
    pub(crate) fc: Linear,
    #[module(skip)]
    pub(crate) settings: Settings,
}

/// What a network does besides its layers.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) activation: Activation,
    pub(crate) preactivated: bool,
    pub(crate) pooling: Pooling,
    pub(crate) dropout: f64,
    /// What makes images smaller on their way.
    pub(crate) halvings: Vec<Halving>,
}

impl ResNetConfig {
    /// Builds the network on `device`; the same `seed` gives the same weights on every device.
    ///
    /// # Panics
    /// If [`check`](Self::check) finds a contradiction.
    #[must_use]
    pub fn init(&self, seed: u64, device: &Device) -> ResNet {
        self.build(Init::new(seed, device))
    }

    /// As [`init`](Self::init), with batch normalisations that take their statistics from the batches of
    /// all `ranks` together in training, as PyTorch's `SyncBatchNorm`. Every rank makes the same forward
    /// and backward passes at the same time, with losses that add up to that of all.
    ///
    /// # Panics
    /// As [`init`](Self::init).
    #[must_use]
    pub fn init_among(&self, ranks: Arc<dyn SumOverRanks>, seed: u64, device: &Device) -> ResNet {
        self.build(Init::new(seed, device).among(ranks))
    }

    fn build(&self, init: Init<'_>) -> ResNet {
        if let Err(error) = self.check() {
            panic!("{error}");
        }
        ResNet::new(self, init)
    }
}

impl ResNet {
    pub(crate) fn new(config: &ResNetConfig, mut init: Init<'_>) -> Self {
        let init = &mut init;
        let preactivated = config.version == Version::V2;
        let (norm, activation) = (config.norm, config.activation);
        let stem = config.stem.convs(config.in_channels, config.stem_width);
        let conv1 = StemConv::new(&stem, norm, activation, init);
        let bn1 = (!preactivated).then(|| init.norm(norm, config.stem_width, 1.0));
        let maxpool = stem_pooling(config, init);
        let mut stages = build_stages(config, init);
        let mut stage = |index| stages.get_mut(index).map(std::mem::take).unwrap_or_default();
        let last = config.stage_channels().last().copied().unwrap_or(0);
        let features = config.feature_channels();
        Self {
            conv1,
            bn1,
            maxpool,
            layer1: stage(0),
            layer2: stage(1),
            layer3: stage(2),
            layer4: stage(3),
            norm: preactivated.then(|| init.norm(norm, last, 1.0)),
            fc: init.classifier(config.version, features, config.num_classes),
            settings: Settings {
                activation,
                preactivated,
                pooling: config.pooling,
                dropout: config.dropout,
                halvings: halving::halvings(config),
            },
        }
    }

    /// Channels of the images.
    pub(crate) fn in_channels(&self) -> usize {
        let (StemConv::Single(first) | StemConv::Deep((first, ..))) = &self.conv1;
        let [_, channels, _, _] = first.weight.dims();
        channels * first.groups
    }

    /// [`num_trainable_params`] of this network.
    #[must_use]
    pub fn num_trainable_params(&self) -> usize {
        num_trainable_params(self)
    }
}

fn stem_pooling(config: &ResNetConfig, init: &mut Init<'_>) -> Option<StemPooling> {
    let width = config.stem_width;
    match (config.stem, config.stem_pool) {
        (Stem::Small, _) => None,
        (_, StemPool::Max) => Some(StemPooling::max(config.anti_alias)),
        (_, StemPool::Conv) => {
            let conv = init.conv(&ConvShape::new(width, width, 3).stride(2));
            let norm = init.norm(config.norm, width, 1.0);
            Some(StemPooling::Conv((conv, norm, Activate::new(config.activation))))
        }
    }
}

fn build_stages(config: &ResNetConfig, init: &mut Init<'_>) -> Vec<Vec<ResidualBlock>> {
    let last = (config.blocks.iter().sum::<usize>() - 1).max(1) as f64;
    let mut position = 0.0;
    let mut block = |shape: &BlockShape| {
        let drop_rate = config.stochastic_depth * position / last;
        position += 1.0;
        ResidualBlock::new(config, shape, drop_rate, init)
    };
    shape::stages(config).iter().map(|stage| stage.iter().map(&mut block).collect()).collect()
}

/// Trainable parameters: weights and biases, frozen ones too, without the running statistics of
/// BatchNorm.
#[must_use]
pub fn num_trainable_params<M: Module>(model: &M) -> usize {
    let mut count = CountTrainable::default();
    model.visit(&mut count);
    count.trainable
}

#[derive(Default)]
struct CountTrainable {
    path: ModulePath,
    trainable: usize,
}

impl ModuleVisitor for CountTrainable {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if !is_buffer(&self.path.key()) {
            self.trainable += param.val().shape().num_elements();
        }
    }
}

/// Whether the key is one of a running statistic, which no gradient reaches.
#[must_use]
pub fn is_buffer(key: &str) -> bool {
    key.ends_with("running_mean") || key.ends_with("running_var")
}
