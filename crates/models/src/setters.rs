//! Changes to a configuration, one option each.

use crate::config::ResNetConfig;
use crate::options::{
    Activation, AntiAlias, AttentionKind, NormKind, Pooling, Shortcut, Stem, StemPool, Version,
};

/// Methods that set one field each.
macro_rules! setters {
    ($($(#[$doc:meta])* $method:ident, $field:ident: $type:ty;)*) => {
        impl ResNetConfig {
            $($(#[$doc])*
            #[must_use]
            pub fn $method(mut self, $field: $type) -> Self {
                self.$field = $field;
                self
            })*
        }
    };
}

setters! {
    /// Sets the order of operations within a block.
    with_version, version: Version;
    /// Sets how pixels enter.
    with_stem, stem: Stem;
    /// Sets what halves the size after the stem's convolutions.
    with_stem_pool, stem_pool: StemPool;
    /// Sets the channels after the stem.
    with_stem_width, stem_width: usize;
    /// Sets the groups of a bottleneck's 3×3 convolution.
    with_groups, groups: usize;
    /// Sets the channels of each group of a bottleneck's 3×3 convolution, of 64.
    with_base_width, base_width: usize;
    /// Sets the projection of shortcuts.
    with_shortcut, shortcut: Shortcut;
    /// Sets the channel attention of every block.
    with_attention, attention: Option<AttentionKind>;
    /// Sets what takes over the stride of 3×3 convolutions.
    with_anti_alias, anti_alias: Option<AntiAlias>;
    /// Sets the normalisation of every layer.
    with_norm, norm: NormKind;
    /// Sets the activation of every layer.
    with_activation, activation: Activation;
    /// Sets how the last feature map becomes one vector.
    with_pooling, pooling: Pooling;
    /// Sets the channels of the images.
    with_in_channels, in_channels: usize;
    /// Sets the number of classes.
    with_num_classes, num_classes: usize;
    /// Sets the input pixels to one pixel of the last feature map: 8, 16 or 32.
    with_output_stride, output_stride: usize;
    /// Sets the probability that the last block's main path is left out in training.
    with_stochastic_depth, stochastic_depth: f64;
    /// Sets the probability that a feature is left out before the classifier in training.
    with_dropout, dropout: f64;
    /// Starts the last normalisation of every block at zero.
    with_zero_init_gamma, zero_init_gamma: bool;
}
