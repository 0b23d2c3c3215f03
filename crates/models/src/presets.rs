//! The named networks that other options start from.

use crate::config::ResNetConfig;
use crate::options::{
    AntiAlias, AttentionKind, BlockKind, NormKind, Shortcut, Stem, StemPool, Version,
};

impl ResNetConfig {
    /// ResNet-18 ([He et al. 2015](https://arxiv.org/abs/1512.03385)), torchvision's `resnet18`.
    #[must_use]
    pub fn resnet18() -> Self {
        Self::imagenet(BlockKind::Basic, [2, 2, 2, 2])
    }

    /// ResNet-34, torchvision's `resnet34`.
    #[must_use]
    pub fn resnet34() -> Self {
        Self::imagenet(BlockKind::Basic, [3, 4, 6, 3])
    }

    /// ResNet-50 of version 1.5, torchvision's `resnet50`.
    #[must_use]
    pub fn resnet50() -> Self {
        Self::imagenet(BlockKind::Bottleneck, [3, 4, 6, 3])
    }

    /// ResNet-101 of version 1.5, torchvision's `resnet101`.
    #[must_use]
    pub fn resnet101() -> Self {
        Self::imagenet(BlockKind::Bottleneck, [3, 4, 23, 3])
    }

    /// ResNet-152 of version 1.5, torchvision's `resnet152`.
    #[must_use]
    pub fn resnet152() -> Self {
        Self::imagenet(BlockKind::Bottleneck, [3, 8, 36, 3])
    }

    /// ResNet-200 of version 1.5, timm's `resnet200`.
    #[must_use]
    pub fn resnet200() -> Self {
        Self::imagenet(BlockKind::Bottleneck, [3, 24, 36, 3])
    }

    /// WRN-`depth`-`widen` for images around 32 px
    /// ([Zagoruyko and Komodakis 2016](https://arxiv.org/abs/1605.07146)): `wide_cifar(28, 10)` is
    /// WRN-28-10. Depths are 6n + 4.
    #[must_use]
    pub fn wide_cifar(depth: usize, widen: usize) -> Self {
        let config = Self::cifar(depth.saturating_sub(4) / 6).with_version(Version::V2);
        Self { width: 16 * widen, ..config }
    }

    /// The C variant of this network: a stem of three 3×3 convolutions.
    #[must_use]
    pub fn c(self) -> Self {
        self.with_stem(Stem::Deep)
    }

    /// The D variant: the stem of C, and average-pooling in the shortcuts.
    #[must_use]
    pub fn d(self) -> Self {
        self.c().with_shortcut(Shortcut::AveragePool)
    }

    /// The T variant: D with a narrower first convolution.
    #[must_use]
    pub fn t(self) -> Self {
        self.d().with_stem(Stem::Tiered)
    }

    /// The RS variant ([Bello et al. 2021](https://arxiv.org/abs/2103.07579)): D with a convolution
    /// in place of max-pooling, and squeeze and excitation of ratio 1/4.
    #[must_use]
    pub fn rs(self) -> Self {
        self.d().with_stem_pool(StemPool::Conv).squeeze_excite(0.25)
    }

    /// With squeeze and excitation; `ratio` is 1/16 in the paper.
    #[must_use]
    pub fn squeeze_excite(self, ratio: f64) -> Self {
        self.with_attention(Some(AttentionKind::SqueezeExcite { ratio }))
    }

    /// With efficient channel attention.
    #[must_use]
    pub fn efficient_attention(self) -> Self {
        self.with_attention(Some(AttentionKind::Efficient))
    }

    /// With a binomial filter in place of strides.
    #[must_use]
    pub fn blur(self) -> Self {
        self.with_anti_alias(Some(AntiAlias::Blur))
    }

    /// With group normalisation in 32 groups.
    #[must_use]
    pub fn group_norm(self) -> Self {
        self.with_norm(NormKind::Group { groups: 32 })
    }

    /// ResNeXt: the 3×3 convolutions in `groups` groups of `width` channels (of 64).
    #[must_use]
    pub fn resnext(self, groups: usize, width: usize) -> Self {
        self.with_groups(groups).with_base_width(width)
    }
}
