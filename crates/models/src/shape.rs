//! The convolutions of a network as numbers: what is built, and what its cost is counted from.

use crate::config::ResNetConfig;
use crate::options::{AttentionKind, BlockKind, NormKind, Shortcut, Version};

/// A convolution without bias, padded so that at stride 1 it keeps the size.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ConvShape {
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) kernel: usize,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    pub(crate) groups: usize,
}

impl ConvShape {
    pub(crate) fn new(input: usize, output: usize, kernel: usize) -> Self {
        Self { input, output, kernel, stride: 1, dilation: 1, groups: 1 }
    }

    pub(crate) fn stride(self, stride: usize) -> Self {
        Self { stride, ..self }
    }

    fn dilation(self, dilation: usize) -> Self {
        Self { dilation, ..self }
    }

    fn groups(self, groups: usize) -> Self {
        Self { groups, ..self }
    }

    /// The weight's shape.
    pub(crate) fn weight(&self) -> [usize; 4] {
        [self.output, self.input / self.groups, self.kernel, self.kernel]
    }
}

/// One block of one stage.
#[derive(Debug, Clone)]
pub(crate) struct BlockShape {
    pub(crate) version: Version,
    pub(crate) norm: NormKind,
    pub(crate) attention: Option<AttentionKind>,
    pub(crate) shortcut: Shortcut,
    /// Main path, in order.
    pub(crate) convs: Vec<ConvShape>,
    /// Index of the convolution that strides, where one does.
    pub(crate) strided: usize,
    /// Whether a filter takes over that stride.
    pub(crate) smoothed: bool,
    pub(crate) stride: usize,
    pub(crate) dilation: usize,
    pub(crate) input: usize,
    pub(crate) output: usize,
    pub(crate) zero_init_gamma: bool,
}

impl BlockShape {
    pub(crate) fn needs_projection(&self) -> bool {
        self.stride != 1 || self.input != self.output
    }

    /// The convolution of the projection, and whether pooling comes before it; None where there is no
    /// convolution.
    pub(crate) fn projection(&self) -> Option<(bool, ConvShape)> {
        let conv = ConvShape::new(self.input, self.output, 1);
        match self.shortcut {
            Shortcut::Conv => Some((false, conv.stride(self.stride))),
            Shortcut::AveragePool => Some((self.stride != 1 || self.dilation != 1, conv)),
            Shortcut::Pad => None,
        }
    }

    /// Channels of each normalisation of the main path.
    pub(crate) fn norms(&self) -> Vec<usize> {
        let channels = |conv: &ConvShape| match self.version {
            Version::V2 => conv.input,
            Version::V1 | Version::V1_5 => conv.output,
        };
        self.convs.iter().map(channels).collect()
    }
}

/// The blocks of every stage.
pub(crate) fn stages(config: &ResNetConfig) -> Vec<Vec<BlockShape>> {
    let stride = config.stem.stride();
    let mut walk = Walk { config, input: config.stem_width, stride, dilation: 1, previous: 1 };
    (0..config.blocks.len()).map(|index| walk.stage(index)).collect()
}

/// What one stage leaves to the next.
struct Walk<'a> {
    config: &'a ResNetConfig,
    input: usize,
    /// Total stride so far.
    stride: usize,
    dilation: usize,
    /// Dilation of the block before; a first block still has it.
    previous: usize,
}

impl Walk<'_> {
    fn stage(&mut self, index: usize) -> Vec<BlockShape> {
        let mut stride = if index == 0 { 1 } else { 2 };
        if self.stride * stride > self.config.output_stride {
            self.dilation *= stride;
            stride = 1;
        }
        self.stride *= stride;
        let width = self.config.width << index;
        let first = self.block(width, stride);
        let rest = (1..self.config.blocks[index]).map(|_| self.block(width, 1));
        std::iter::once(first).chain(rest).collect()
    }

    fn block(&mut self, width: usize, stride: usize) -> BlockShape {
        let config = self.config;
        let output = width * config.block.expansion();
        let first = std::mem::replace(&mut self.previous, self.dilation);
        let smoothed = config.anti_alias.is_some() && stride == 2;
        let conv_stride = if smoothed { 1 } else { stride };
        let input = std::mem::replace(&mut self.input, output);
        let convs = match config.block {
            BlockKind::Basic => vec![
                ConvShape::new(input, width, 3).stride(conv_stride).dilation(first),
                ConvShape::new(width, width, 3).dilation(self.dilation),
            ],
            BlockKind::Bottleneck => bottleneck(config, [input, width, output], conv_stride, first),
        };
        BlockShape {
            version: config.version,
            norm: config.norm,
            attention: config.attention,
            shortcut: config.shortcut,
            convs,
            strided: config.strided_conv(),
            smoothed,
            stride,
            dilation: self.dilation,
            input,
            output,
            zero_init_gamma: config.zero_init_gamma,
        }
    }
}

fn bottleneck(
    config: &ResNetConfig,
    [input, width, output]: [usize; 3],
    stride: usize,
    dilation: usize,
) -> Vec<ConvShape> {
    let inner = width * config.base_width / 64 * config.groups;
    let mut convs = vec![
        ConvShape::new(input, inner, 1),
        ConvShape::new(inner, inner, 3).dilation(dilation).groups(config.groups),
        ConvShape::new(inner, output, 1),
    ];
    convs[config.strided_conv()].stride = stride;
    convs
}
