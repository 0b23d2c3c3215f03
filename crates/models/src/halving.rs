//! Where rows and columns are halved, and which numbers of them can be.

use crate::config::ResNetConfig;
use crate::options::{AntiAlias, Stem, StemPool};
use crate::shape;

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
    pub(crate) fn of(self, n: usize) -> Option<usize> {
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
