//! `[model]`: the network.

use serde::{Deserialize, Serialize};

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Weighted layers: 18, 34, 50, 101, 152, or 8, 20, 32, 44, 56, 110 for small images.
    pub resnet_size: usize,
    /// How pixels enter the network.
    pub stem: StemKind,
    /// Classes to tell apart.
    pub num_classes: usize,
    /// Start the last normalisation of every block at zero.
    pub zero_init_gamma: bool,
}

/// How pixels enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemKind {
    /// 7×7 convolution and pooling, for images around 224 px.
    Imagenet,
    /// One 3×3 convolution, for images around 32 px.
    Small,
}
