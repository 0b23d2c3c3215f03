//! What a network looks like, before it is built.

use burn::tensor::Device;
use thiserror::Error;

use crate::ResNet;

/// Which residual block a network stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BlockKind {
    /// Two 3×3 convolutions (ResNet-18 and -34, and the CIFAR networks).
    Basic,
    /// 1×1, 3×3 and 1×1 with four times the output channels (ResNet-50 and deeper).
    Bottleneck,
}

impl BlockKind {
    /// Output channels over the width of the block.
    #[must_use]
    pub fn expansion(self) -> usize {
        match self {
            Self::Basic => 1,
            Self::Bottleneck => 4,
        }
    }
}

/// How pixels enter the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// 7×7 convolution of stride 2, then 3×3 max-pooling of stride 2: for images around 224 px.
    ImageNet,
    /// One 3×3 convolution of stride 1: for images around 32 px.
    Small,
}

/// There is no network of this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "there is no ResNet-{size}: choose 18, 34, 50, 101 or 152 for ImageNet-sized images, \
     or 8, 20, 32, 44, 56 or 110 for small ones"
)]
pub struct UnknownSize {
    /// The size that was asked for.
    pub size: usize,
}

/// The architecture of a [`ResNet`].
///
/// ```
/// use resnet_models::{ResNetConfig, Stem};
/// # fn main() -> Result<(), resnet_models::UnknownSize> {
/// let config = ResNetConfig::new(18)?.with_num_classes(10).with_stem(Stem::Small);
/// assert_eq!(config.blocks, [2, 2, 2, 2]);
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResNetConfig {
    /// Kind of residual block.
    pub block: BlockKind,
    /// Residual blocks in each stage; three or four stages.
    pub blocks: Vec<usize>,
    /// How pixels enter.
    pub stem: Stem,
    /// Channels after the stem; doubled from stage to stage.
    pub width: usize,
    /// Length of the logits.
    pub num_classes: usize,
    /// Start the last normalisation of every block at zero, so that a fresh block is the identity.
    pub zero_init_gamma: bool,
}

impl ResNetConfig {
    /// The network with `size` weighted layers: 18, 34, 50, 101 or 152 as in torchvision (1000
    /// classes, ImageNet stem), or the CIFAR family 8, 20, 32, 44, 56, 110 (10 classes, small stem,
    /// widths 16, 32, 64; He et al. 2015, section 4.2, with projections where shapes change).
    ///
    /// # Errors
    /// [`UnknownSize`] for any other number.
    pub fn new(size: usize) -> Result<Self, UnknownSize> {
        use BlockKind::{Basic, Bottleneck};
        Ok(match size {
            18 => Self::imagenet(Basic, [2, 2, 2, 2]),
            34 => Self::imagenet(Basic, [3, 4, 6, 3]),
            50 => Self::imagenet(Bottleneck, [3, 4, 6, 3]),
            101 => Self::imagenet(Bottleneck, [3, 4, 23, 3]),
            152 => Self::imagenet(Bottleneck, [3, 8, 36, 3]),
            8 | 20 | 32 | 44 | 56 | 110 => Self::cifar((size - 2) / 6),
            _ => return Err(UnknownSize { size }),
        })
    }

    fn imagenet(block: BlockKind, blocks: [usize; 4]) -> Self {
        Self {
            block,
            blocks: blocks.to_vec(),
            stem: Stem::ImageNet,
            width: 64,
            num_classes: 1000,
            zero_init_gamma: false,
        }
    }

    fn cifar(blocks_per_stage: usize) -> Self {
        Self {
            block: BlockKind::Basic,
            blocks: vec![blocks_per_stage; 3],
            stem: Stem::Small,
            width: 16,
            num_classes: 10,
            zero_init_gamma: false,
        }
    }

    /// Sets the number of classes.
    #[must_use]
    pub fn with_num_classes(mut self, num_classes: usize) -> Self {
        self.num_classes = num_classes;
        self
    }

    /// Sets the stem.
    #[must_use]
    pub fn with_stem(mut self, stem: Stem) -> Self {
        self.stem = stem;
        self
    }

    /// Starts the last normalisation of every block at zero.
    #[must_use]
    pub fn with_zero_init_gamma(mut self, zero: bool) -> Self {
        self.zero_init_gamma = zero;
        self
    }

    /// Channels of the features that enter the classifier.
    #[must_use]
    pub fn feature_channels(&self) -> usize {
        (self.width << (self.blocks.len() - 1)) * self.block.expansion()
    }

    /// Builds the network on `device`; the same `seed` gives the same weights on every device.
    ///
    /// # Panics
    /// If there are not three or four stages, a stage is empty, or a size is zero.
    #[must_use]
    pub fn init(&self, seed: u64, device: &Device) -> ResNet {
        ResNet::new(self, seed, device)
    }
}
