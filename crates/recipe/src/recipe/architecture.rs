//! `[model]`: what may be different from the named network.
//!
//! `resnet-models` has the same choices with more to say about each.

use serde::{Deserialize, Serialize};

/// How pixels enter the network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemKind {
    /// As the named network has it.
    #[default]
    AsNamed,
    /// 7×7 convolution and pooling, for images around 224 px.
    Imagenet,
    /// One 3×3 convolution, for images around 32 px.
    Small,
    /// Three 3×3 convolutions and pooling (ResNet-C and -D).
    Deep,
    /// The same with a narrower first one (timm's `resnet50t`).
    Tiered,
}

/// What halves the size after the convolutions of the stem.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemPool {
    /// 3×3 max-pooling.
    Max,
    /// A 3×3 convolution (ResNet-RS).
    Conv,
}

/// The order of operations within a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Version {
    /// A bottleneck strides in its first convolution.
    #[serde(rename = "v1")]
    V1,
    /// A bottleneck strides in its 3×3 convolution.
    #[serde(rename = "v1-5")]
    V1_5,
    /// Normalisation and activation come before each convolution.
    #[serde(rename = "v2")]
    V2,
}

/// Which residual block a network stacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Block {
    /// Two 3×3 convolutions.
    Basic,
    /// 1×1, 3×3 and 1×1 with four times the output channels.
    Bottleneck,
}

/// The projection of a shortcut whose shape changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Shortcut {
    /// A 1×1 convolution with the block's stride.
    Conv,
    /// 2×2 average-pooling, then a 1×1 convolution (ResNet-D).
    AveragePool,
    /// Channels of zeros, no parameters.
    Pad,
}

/// Channel attention at the end of each block's main path.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Attention {
    /// None.
    None,
    /// Squeeze and excitation.
    SqueezeExcite {
        /// Width of the hidden layer over the channels.
        #[serde(default = "sixteenth")]
        ratio: f64,
    },
    /// Efficient channel attention.
    Efficient,
}

/// What takes over the stride of 3×3 convolutions, so that no pixel is passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum AntiAlias {
    /// Nothing.
    None,
    /// A 3×3 binomial filter of stride 2.
    Blur,
    /// 2×2 average-pooling.
    Average,
}

/// The normalisation of every layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Norm {
    /// Over the images of a batch.
    Batch,
    /// The same with fixed statistics, scale and shift.
    FrozenBatch,
    /// Over groups of channels of one image.
    Group {
        /// Groups of channels.
        #[serde(default = "thirty_two")]
        groups: usize,
    },
}

/// The activation of every layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x · sigmoid(x)`, also known as Swish.
    Silu,
    /// `x · Φ(x)`.
    Gelu,
}

/// How the last feature map becomes one vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Pooling {
    /// The mean over all pixels.
    Average,
    /// The largest value.
    Max,
    /// The mean of both.
    AverageMax,
    /// Both, one after the other.
    Concatenated,
}

/// The paper's width of squeeze and excitation.
fn sixteenth() -> f64 {
    1.0 / 16.0
}

/// The paper's number of groups.
fn thirty_two() -> usize {
    32
}
