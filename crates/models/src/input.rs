//! Images that a network cannot take.

use thiserror::Error;

use crate::ResNet;
use crate::config::ResNetConfig;
use crate::options::{AntiAlias, Stem, StemPool};
use crate::shape;

/// Images of a shape that a network does not take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InputError {
    /// Other channels, or nothing in it.
    #[error(
        "images of shape {given:?} do not fit a network that takes [batch, {channels}, height, width], \
         each at least 1; channels come before rows, and `in_channels` makes a network for others"
    )]
    Shape {
        /// Shape of the images.
        given: [usize; 4],
        /// Channels that the network takes.
        channels: usize,
    },
    /// A height or width that its filters cannot halve.
    #[error(
        "images of shape {given:?} do not fit a network that takes [batch, {channels}, height, width] of \
         such heights and widths that its anti-aliasing filters can halve its feature maps: choose \
         multiples of 32, which always fit"
    )]
    Size {
        /// Shape of the images.
        given: [usize; 4],
        /// Channels that the network takes.
        channels: usize,
    },
}

/// What halves rows and columns at one place of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Halving {
    /// A convolution or max-pooling with a border of zeros.
    Padded,
    /// A filter with a mirrored border.
    Mirrored,
    /// Means of four pixels.
    Whole,
    /// The same beside a shortcut, whose halves are rounded up.
    Even,
}

impl Halving {
    /// Rows or columns that `n` of them become, if they can be halved.
    fn of(self, n: usize) -> Option<usize> {
        match self {
            Self::Padded => Some(n.div_ceil(2)),
            Self::Mirrored => (n > 1).then(|| n.div_ceil(2)),
            Self::Whole => (n > 1).then_some(n / 2),
            Self::Even => n.is_multiple_of(2).then_some(n / 2),
        }
    }
}

/// All of them, in the order in which an image meets them.
pub(crate) fn halvings(config: &ResNetConfig) -> Vec<Halving> {
    let blocks = shape::stages(config).into_iter().flatten().filter(|block| block.stride == 2);
    let blocks = blocks.map(|block| match config.anti_alias.filter(|_| block.smoothed) {
        None => Halving::Padded,
        Some(AntiAlias::Blur) => Halving::Mirrored,
        Some(AntiAlias::Average) => Halving::Even,
    });
    stem(config).into_iter().chain(blocks).collect()
}

fn stem(config: &ResNetConfig) -> Vec<Halving> {
    let pool = match (config.stem, config.stem_pool, config.anti_alias) {
        (Stem::Small, ..) => return Vec::new(),
        (_, StemPool::Conv, _) | (_, _, None) => Halving::Padded,
        (_, StemPool::Max, Some(AntiAlias::Blur)) => Halving::Mirrored,
        (_, StemPool::Max, Some(AntiAlias::Average)) => Halving::Whole,
    };
    vec![Halving::Padded, pool]
}

impl ResNet {
    /// Whether images of this shape can come in.
    ///
    /// # Errors
    /// [`InputError`] with both shapes.
    pub fn check_input(&self, given: [usize; 4]) -> Result<(), InputError> {
        let channels = self.in_channels();
        if given[1] != channels || given.contains(&0) {
            return Err(InputError::Shape { given, channels });
        }
        let fits = |n| self.settings.halvings.iter().try_fold(n, |n, halving| halving.of(n));
        let fit = given[2..].iter().all(|&n| fits(n).is_some());
        if fit { Ok(()) } else { Err(InputError::Size { given, channels }) }
    }
}
