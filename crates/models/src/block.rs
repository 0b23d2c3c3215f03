//! The residual block: one type for both kinds of network.

use burn::module::Module;
use burn::nn::conv::Conv2d;
use burn::tensor::Tensor;

use crate::BatchNorm;
use crate::config::BlockKind;
use crate::init::Init;
use crate::ops::{Then, conv_norm};

/// The projection of a shortcut whose shape changes: a strided 1×1 convolution and its
/// normalisation, torchvision's `downsample.0` and `downsample.1`.
pub type Downsample = (Conv2d, BatchNorm);

/// A residual block of version 1.5: a bottleneck strides in its 3×3 convolution.
///
/// A basic block ([He et al. 2015](https://arxiv.org/abs/1512.03385), figure 5 left) has two 3×3
/// convolutions, a bottleneck (right) 1×1, 3×3 and 1×1.
#[derive(Module, Debug)]
pub struct ResidualBlock {
    conv1: Conv2d,
    bn1: BatchNorm,
    conv2: Conv2d,
    bn2: BatchNorm,
    conv3: Option<Conv2d>,
    bn3: Option<BatchNorm>,
    downsample: Option<Downsample>,
}

/// What tells one block of a stage from another.
pub(crate) struct BlockShape {
    pub(crate) kind: BlockKind,
    pub(crate) in_channels: usize,
    pub(crate) width: usize,
    pub(crate) stride: usize,
    pub(crate) zero_init_gamma: bool,
}

impl BlockShape {
    pub(crate) fn out_channels(&self) -> usize {
        self.width * self.kind.expansion()
    }

    fn needs_projection(&self) -> bool {
        self.stride != 1 || self.in_channels != self.out_channels()
    }
}

impl ResidualBlock {
    pub(crate) fn new(shape: &BlockShape, init: &mut Init<'_>) -> Self {
        let mut block = match shape.kind {
            BlockKind::Basic => Self::basic(shape, init),
            BlockKind::Bottleneck => Self::bottleneck(shape, init),
        };
        if shape.needs_projection() {
            let conv = init.conv([shape.in_channels, shape.out_channels()], 1, shape.stride);
            block.downsample = Some((conv, init.batch_norm(shape.out_channels(), 1.0)));
        }
        block
    }

    fn basic(shape: &BlockShape, init: &mut Init<'_>) -> Self {
        let (input, width) = (shape.in_channels, shape.width);
        Self {
            conv1: init.conv([input, width], 3, shape.stride),
            bn1: init.batch_norm(width, 1.0),
            conv2: init.conv([width, width], 3, 1),
            bn2: init.batch_norm(width, last_gamma(shape)),
            conv3: None,
            bn3: None,
            downsample: None,
        }
    }

    fn bottleneck(shape: &BlockShape, init: &mut Init<'_>) -> Self {
        let (input, width, output) = (shape.in_channels, shape.width, shape.out_channels());
        Self {
            conv1: init.conv([input, width], 1, 1),
            bn1: init.batch_norm(width, 1.0),
            conv2: init.conv([width, width], 3, shape.stride),
            bn2: init.batch_norm(width, 1.0),
            conv3: Some(init.conv([width, output], 1, 1)),
            bn3: Some(init.batch_norm(output, last_gamma(shape))),
            downsample: None,
        }
    }

    /// `[b, c, h, w]` to `[b, c', h/stride, w/stride]`.
    #[must_use]
    pub fn forward(&self, x_bchw: Tensor<4>) -> Tensor<4> {
        let shortcut = match &self.downsample {
            Some((conv, bn)) => conv_norm(conv, bn, x_bchw.clone(), Then::default()),
            None => x_bchw.clone(),
        };
        let mut x = conv_norm(&self.conv1, &self.bn1, x_bchw, Then::relu());
        let last = Then::add_and_relu(shortcut);
        if let (Some(conv3), Some(bn3)) = (&self.conv3, &self.bn3) {
            x = conv_norm(&self.conv2, &self.bn2, x, Then::relu());
            conv_norm(conv3, bn3, x, last)
        } else {
            conv_norm(&self.conv2, &self.bn2, x, last)
        }
    }
}

/// Gamma of the block's last normalisation: zero makes a fresh block the identity
/// ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677), section 5.1).
fn last_gamma(shape: &BlockShape) -> f32 {
    if shape.zero_init_gamma { 0.0 } else { 1.0 }
}
