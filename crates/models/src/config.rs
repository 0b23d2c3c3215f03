//! What a network looks like, before it is built.

use thiserror::Error;

use crate::options::{
    Activation, AntiAlias, AttentionKind, BlockKind, NormKind, Pooling, Shortcut, Stem, StemPool,
    Version,
};

/// There is no network of this size.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error(
    "there is no ResNet-{size}: choose 18, 34, 50, 101, 152 or 200 for ImageNet-sized images, \
     or 8, 20, 32, 44, 56 or 110 for small ones"
)]
pub struct UnknownSize {
    /// The size that was asked for.
    pub size: usize,
}

/// The architecture of a [`ResNet`](crate::ResNet): start from a named one and change what differs.
///
/// ```
/// use resnet_models::{AttentionKind, ResNetConfig, Shortcut, Stem};
///
/// let config = ResNetConfig::resnet50()
///     .with_num_classes(7)
///     .with_stem(Stem::Deep)
///     .with_shortcut(Shortcut::AveragePool)
///     .with_attention(Some(AttentionKind::SqueezeExcite { ratio: 1.0 / 16.0 }));
/// assert_eq!(config.blocks, [3, 4, 6, 3]);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct ResNetConfig {
    /// Kind of residual block.
    pub block: BlockKind,
    /// Order of operations within a block.
    pub version: Version,
    /// Residual blocks in each stage; three or four stages.
    pub blocks: Vec<usize>,
    /// How pixels enter.
    pub stem: Stem,
    /// What halves the size after the stem's convolutions; small stems have none.
    pub stem_pool: StemPool,
    /// Channels after the stem.
    pub stem_width: usize,
    /// Width of the first stage's blocks; doubled from stage to stage.
    pub width: usize,
    /// Groups of a bottleneck's 3×3 convolution: the cardinality of ResNeXt
    /// ([Xie et al. 2016](https://arxiv.org/abs/1611.05431)).
    pub groups: usize,
    /// Channels of each group of a bottleneck's 3×3 convolution, of 64: 4 is ResNeXt's `4d`, 128
    /// with one group a wide network ([Zagoruyko and Komodakis 2016](https://arxiv.org/abs/1605.07146)).
    pub base_width: usize,
    /// Projection of shortcuts.
    pub shortcut: Shortcut,
    /// Channel attention of every block.
    pub attention: Option<AttentionKind>,
    /// What takes over the stride of 3×3 convolutions.
    pub anti_alias: Option<AntiAlias>,
    /// Normalisation of every layer.
    pub norm: NormKind,
    /// Activation of every layer.
    pub activation: Activation,
    /// How the last feature map becomes one vector.
    pub pooling: Pooling,
    /// Channels of the images.
    pub in_channels: usize,
    /// Length of the logits.
    pub num_classes: usize,
    /// Input pixels to one pixel of the last feature map, along an axis: 8, 16 or 32. Stages that
    /// would go beyond are dilated instead ([Yu et al. 2017](https://arxiv.org/abs/1705.09914)).
    pub output_stride: usize,
    /// Probability that the last block's main path is left out in training; it rises linearly from
    /// zero at the first block ([Huang et al. 2016](https://arxiv.org/abs/1603.09382)).
    pub stochastic_depth: f64,
    /// Probability that a feature is left out in training, before the classifier.
    pub dropout: f64,
    /// Start the last normalisation of every block at zero, so that a fresh block is the identity
    /// ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677), section 5.1). In version 2 it is the
    /// last convolution.
    pub zero_init_gamma: bool,
}

impl ResNetConfig {
    /// The network with `size` weighted layers: 18, 34, 50, 101 or 152 as in torchvision and 200 as
    /// in timm (1000 classes, ImageNet stem), or the CIFAR family 8, 20, 32, 44, 56, 110 (10
    /// classes, small stem, widths 16, 32, 64; He et al. 2015, section 4.2, with projections where
    /// shapes change).
    ///
    /// # Errors
    /// [`UnknownSize`] for any other number.
    pub fn new(size: usize) -> Result<Self, UnknownSize> {
        Ok(match size {
            18 => Self::resnet18(),
            34 => Self::resnet34(),
            50 => Self::resnet50(),
            101 => Self::resnet101(),
            152 => Self::resnet152(),
            200 => Self::resnet200(),
            8 | 20 | 32 | 44 | 56 | 110 => Self::cifar((size - 2) / 6),
            _ => return Err(UnknownSize { size }),
        })
    }

    /// A network for images around 224 px, with this block and these numbers of blocks.
    #[must_use]
    pub fn imagenet(block: BlockKind, blocks: [usize; 4]) -> Self {
        Self {
            block,
            version: Version::V1_5,
            blocks: blocks.to_vec(),
            stem: Stem::ImageNet,
            stem_pool: StemPool::Max,
            stem_width: 64,
            width: 64,
            groups: 1,
            base_width: 64,
            shortcut: Shortcut::Conv,
            attention: None,
            anti_alias: None,
            norm: NormKind::Batch,
            activation: Activation::Relu,
            pooling: Pooling::Average,
            in_channels: 3,
            num_classes: 1000,
            output_stride: 32,
            stochastic_depth: 0.0,
            dropout: 0.0,
            zero_init_gamma: false,
        }
    }

    /// A network for images around 32 px with three stages of basic blocks.
    #[must_use]
    pub fn cifar(blocks_per_stage: usize) -> Self {
        Self {
            blocks: vec![blocks_per_stage; 3],
            stem: Stem::Small,
            stem_width: 16,
            width: 16,
            num_classes: 10,
            ..Self::imagenet(BlockKind::Basic, [1; 4])
        }
    }

    /// Channels of the feature map after each stage.
    #[must_use]
    pub fn stage_channels(&self) -> Vec<usize> {
        let channels = |index| (self.width << index) * self.block.expansion();
        (0..self.blocks.len()).map(channels).collect()
    }

    /// Length of the vector that enters the classifier.
    #[must_use]
    pub fn feature_channels(&self) -> usize {
        self.stage_channels().last().copied().unwrap_or(0) * self.pooling.feature_factor()
    }

    /// Which convolution of a block strides.
    pub(crate) fn strided_conv(&self) -> usize {
        usize::from(self.block == BlockKind::Bottleneck && self.version != Version::V1)
    }
}
