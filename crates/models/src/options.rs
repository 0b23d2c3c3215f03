//! The choices that make one residual network different from another.

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

/// The order of operations within a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Version {
    /// [He et al. 2015](https://arxiv.org/abs/1512.03385): a bottleneck strides in its first 1×1
    /// convolution. Basic blocks are the same as in version 1.5.
    V1,
    /// A bottleneck strides in its 3×3 convolution: torchvision's and timm's networks.
    V1_5,
    /// [He et al. 2016](https://arxiv.org/abs/1603.05027): normalisation and activation come before
    /// each convolution, and once more after the last block; bottlenecks stride in the 3×3
    /// convolution, as in timm's `resnetv2.py`.
    V2,
}

/// How pixels enter the first stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stem {
    /// 7×7 convolution of stride 2, then pooling of stride 2: for images around 224 px.
    ImageNet,
    /// One 3×3 convolution of stride 1, no pooling: for images around 32 px.
    Small,
    /// Three 3×3 convolutions, the first of stride 2, with half of the stem's width in the first two
    /// (ResNet-C, [He et al. 2018](https://arxiv.org/abs/1812.01187)), then pooling of stride 2.
    Deep,
    /// [`Stem::Deep`] with three eighths of the stem's width in the first convolution (timm's
    /// `resnet50t`).
    Tiered,
}

/// What halves the size after the convolutions of the stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StemPool {
    /// 3×3 max-pooling.
    Max,
    /// A 3×3 convolution with normalisation and activation (ResNet-RS,
    /// [Bello et al. 2021](https://arxiv.org/abs/2103.07579)).
    Conv,
}

/// The projection of a shortcut whose shape changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shortcut {
    /// A 1×1 convolution with the block's stride.
    Conv,
    /// 2×2 average-pooling with the block's stride, then a 1×1 convolution (ResNet-D,
    /// [He et al. 2018](https://arxiv.org/abs/1812.01187)), so that no activation is passed over.
    AveragePool,
    /// No parameters: every pixel that the stride keeps, with channels of zeros, half of them before the
    /// others and half behind (option A of [He et al. 2015](https://arxiv.org/abs/1512.03385), as the
    /// usual PyTorch networks for CIFAR have it).
    Pad,
}

/// Channel attention at the end of each block's main path.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum AttentionKind {
    /// Squeeze and excitation ([Hu et al. 2017](https://arxiv.org/abs/1709.01507)); `ratio` is the
    /// hidden layer's width over the channels, 1/16 in the paper and 1/4 in ResNet-RS.
    SqueezeExcite {
        /// Width of the hidden layer over the channels; the width is rounded to a multiple of 8.
        ratio: f64,
    },
    /// Efficient channel attention ([Wang et al. 2019](https://arxiv.org/abs/1910.03151)).
    Efficient,
}

/// What takes over the stride of a 3×3 convolution, so that no pixel is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AntiAlias {
    /// A 3×3 binomial filter of stride 2
    /// ([Zhang 2019](https://arxiv.org/abs/1904.11486)): timm's `resnetblur50`.
    Blur,
    /// 2×2 average-pooling, also in place of the stem's max-pooling: timm's `resnetaa50`. Heights
    /// and widths have to be multiples of 32.
    Average,
}

/// The normalisation after (or, in version 2, before) each convolution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NormKind {
    /// Batch normalisation ([Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167)).
    Batch,
    /// Batch normalisation with fixed statistics, scale and shift, for fine-tuning in small batches:
    /// torchvision's `FrozenBatchNorm2d`.
    FrozenBatch,
    /// Group normalisation ([Wu and He 2018](https://arxiv.org/abs/1803.08494)).
    Group {
        /// Groups of channels; 32 in the paper.
        groups: usize,
    },
}

/// The activation function of every layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x · sigmoid(x)`, also known as Swish.
    Silu,
    /// `x · Φ(x)` with the exact normal distribution function.
    Gelu,
}

/// How a feature map becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pooling {
    /// The mean over all pixels.
    Average,
    /// The largest value.
    Max,
    /// The mean of both (timm's `avgmax`).
    AverageMax,
    /// Both, one after the other, which doubles the features (timm's `catavgmax`).
    Concatenated,
}
