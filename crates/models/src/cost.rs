//! What a network costs: parameters and multiply-adds, counted from its shapes.

use crate::attention::{hidden_channels, kernel_length};
use crate::config::ResNetConfig;
use crate::options::{AttentionKind, Stem, StemPool, Version};
use crate::shape::{BlockShape, ConvShape, stages};

/// Parameters and multiply-adds of a network.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Cost {
    /// Weights and biases, without the running statistics of BatchNorm.
    pub parameters: usize,
    /// Multiplications, each with an addition, in the convolutions and fully connected layers for
    /// one image: what torchvision publishes as "GFLOPS". Normalisations, activations and poolings
    /// are not counted.
    pub multiply_adds: u64,
}

impl ResNetConfig {
    /// Trainable parameters, and the multiply-adds of one image of `[height, width]`, counted
    /// without building the network.
    ///
    /// ```
    /// let cost = resnet_models::ResNetConfig::resnet50().cost([224, 224]);
    /// assert_eq!(cost.parameters, 25_557_032);
    /// assert_eq!(cost.multiply_adds, 4_089_184_256);
    /// ```
    #[must_use]
    pub fn cost(&self, [height, width]: [usize; 2]) -> Cost {
        count(self, [height, width])
    }
}

impl Cost {
    /// A convolution; returns the size of its result.
    fn conv(&mut self, conv: &ConvShape, size: [usize; 2]) -> [usize; 2] {
        let size = size.map(|pixels| pixels.div_ceil(conv.stride));
        let weights = conv.weight().iter().product::<usize>();
        self.parameters += weights;
        self.multiply_adds += (weights * size[0] * size[1]) as u64;
        size
    }

    /// Scale and shift; frozen ones too.
    fn norm(&mut self, channels: usize) {
        self.parameters += 2 * channels;
    }

    /// A fully connected layer with bias.
    fn linear(&mut self, input: usize, output: usize) {
        self.parameters += (input + 1) * output;
        self.multiply_adds += (input * output) as u64;
    }

    fn attention(&mut self, kind: AttentionKind, channels: usize) {
        match kind {
            AttentionKind::SqueezeExcite { ratio } => {
                let hidden = hidden_channels(channels, ratio);
                self.linear(channels, hidden);
                self.linear(hidden, channels);
            }
            AttentionKind::Efficient => {
                self.parameters += kernel_length(channels);
                self.multiply_adds += (kernel_length(channels) * channels) as u64;
            }
        }
    }

    fn block(&mut self, shape: &BlockShape, size: [usize; 2]) -> [usize; 2] {
        let mut inner = size;
        for (index, conv) in shape.convs.iter().enumerate() {
            inner = self.conv(conv, inner);
            if shape.smoothed && index == shape.strided {
                inner = halved(inner);
            }
        }
        shape.norms().into_iter().for_each(|channels| self.norm(channels));
        if let Some(kind) = shape.attention {
            self.attention(kind, shape.output);
        }
        if let Some((pools, conv)) = shape.projection().filter(|_| shape.needs_projection()) {
            self.conv(&conv, if pools { inner } else { size });
            if shape.version != Version::V2 {
                self.norm(shape.output);
            }
        }
        inner
    }

    fn stem(&mut self, config: &ResNetConfig, mut size: [usize; 2]) -> [usize; 2] {
        let convs = config.stem.convs(config.in_channels, config.stem_width);
        for (index, conv) in convs.iter().enumerate() {
            size = self.conv(conv, size);
            if config.version != Version::V2 || index + 1 < convs.len() {
                self.norm(conv.output);
            }
        }
        if config.stem == Stem::Small {
            return size;
        }
        if config.stem_pool == StemPool::Conv {
            let width = config.stem_width;
            self.norm(width);
            return self.conv(&ConvShape::new(width, width, 3).stride(2), size);
        }
        halved(size)
    }
}

/// Counts the whole network on an image of `size`.
fn count(config: &ResNetConfig, size: [usize; 2]) -> Cost {
    let mut cost = Cost::default();
    let mut size = cost.stem(config, size);
    for shape in stages(config).iter().flatten() {
        size = cost.block(shape, size);
    }
    if config.version == Version::V2 {
        cost.norm(config.stage_channels().last().copied().unwrap_or(0));
    }
    cost.linear(config.feature_channels(), config.num_classes);
    cost
}

fn halved(size: [usize; 2]) -> [usize; 2] {
    size.map(|pixels| pixels.div_ceil(2))
}
