//! From the recipe's words about a network to the network's own.

use resnet_models as ours;
use resnet_models::{NormKind, ResNetConfig, Stem};
use resnet_recipe as wanted;
use resnet_recipe::{Model, Recipe, StemKind};
use thiserror::Error;

/// A key of the recipe that does nothing in the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{key}: {why} in this network; leave the key out")]
pub struct IdleKey {
    /// The key.
    pub key: &'static str,
    /// Why not.
    pub why: &'static str,
}

/// `config` with everything that `model` wants otherwise.
pub(crate) fn changed(config: ResNetConfig, model: &Model) -> ResNetConfig {
    let from = config;
    ResNetConfig {
        block: model.block.map_or(from.block, block),
        version: model.version.map_or(from.version, version),
        blocks: model.blocks.clone().unwrap_or(from.blocks),
        stem: stem(model.stem).unwrap_or(from.stem),
        stem_pool: model.stem_pool.map_or(from.stem_pool, stem_pool),
        stem_width: model.stem_width.unwrap_or(from.stem_width),
        width: model.width.unwrap_or(from.width),
        groups: model.groups.unwrap_or(from.groups),
        base_width: model.base_width.unwrap_or(from.base_width),
        shortcut: model.shortcut.map_or(from.shortcut, shortcut),
        attention: model.attention.map_or(from.attention, attention),
        anti_alias: model.anti_alias.map_or(from.anti_alias, anti_alias),
        norm: model.norm.map_or(from.norm, norm),
        activation: model.activation.map_or(from.activation, activation),
        pooling: model.pooling.map_or(from.pooling, pooling),
        output_stride: model.output_stride.unwrap_or(from.output_stride),
        num_classes: model.num_classes,
        stochastic_depth: model.stochastic_depth,
        dropout: model.dropout,
        zero_init_gamma: model.zero_init_gamma,
        in_channels: from.in_channels,
    }
}

/// Whether every key has something to act on.
pub(crate) fn check_use(config: &ResNetConfig, recipe: &Recipe) -> Result<(), IdleKey> {
    let (model, of_batches) = (&recipe.model, config.norm == NormKind::Batch);
    let idle = |key, why| Err(IdleKey { key, why });
    if model.stem_pool.is_some() && config.stem == Stem::Small {
        return idle("model.stem_pool", "a small stem has no pooling");
    }
    if model.sync_batch_norm && !of_batches {
        return idle("model.sync_batch_norm", "no normalisation learns from batches");
    }
    if recipe.train.reestimate_batch_norm > 0 && !of_batches {
        return idle("train.reestimate_batch_norm", "no normalisation learns from batches");
    }
    Ok(())
}

fn stem(kind: StemKind) -> Option<Stem> {
    match kind {
        StemKind::AsNamed => None,
        StemKind::Imagenet => Some(Stem::ImageNet),
        StemKind::Small => Some(Stem::Small),
        StemKind::Deep => Some(Stem::Deep),
        StemKind::Tiered => Some(Stem::Tiered),
    }
}

fn stem_pool(wanted: wanted::StemPool) -> ours::StemPool {
    match wanted {
        wanted::StemPool::Max => ours::StemPool::Max,
        wanted::StemPool::Conv => ours::StemPool::Conv,
    }
}

fn block(wanted: wanted::Block) -> ours::BlockKind {
    match wanted {
        wanted::Block::Basic => ours::BlockKind::Basic,
        wanted::Block::Bottleneck => ours::BlockKind::Bottleneck,
    }
}

fn version(wanted: wanted::Version) -> ours::Version {
    match wanted {
        wanted::Version::V1 => ours::Version::V1,
        wanted::Version::V1_5 => ours::Version::V1_5,
        wanted::Version::V2 => ours::Version::V2,
    }
}

fn shortcut(wanted: wanted::Shortcut) -> ours::Shortcut {
    match wanted {
        wanted::Shortcut::Conv => ours::Shortcut::Conv,
        wanted::Shortcut::AveragePool => ours::Shortcut::AveragePool,
        wanted::Shortcut::Pad => ours::Shortcut::Pad,
    }
}

fn attention(wanted: wanted::Attention) -> Option<ours::AttentionKind> {
    match wanted {
        wanted::Attention::None => None,
        wanted::Attention::SqueezeExcite { ratio } => {
            Some(ours::AttentionKind::SqueezeExcite { ratio })
        }
        wanted::Attention::Efficient => Some(ours::AttentionKind::Efficient),
    }
}

fn anti_alias(wanted: wanted::AntiAlias) -> Option<ours::AntiAlias> {
    match wanted {
        wanted::AntiAlias::None => None,
        wanted::AntiAlias::Blur => Some(ours::AntiAlias::Blur),
        wanted::AntiAlias::Average => Some(ours::AntiAlias::Average),
    }
}

fn norm(wanted: wanted::Norm) -> NormKind {
    match wanted {
        wanted::Norm::Batch => NormKind::Batch,
        wanted::Norm::FrozenBatch => NormKind::FrozenBatch,
        wanted::Norm::Group { groups } => NormKind::Group { groups },
    }
}

fn activation(wanted: wanted::Activation) -> ours::Activation {
    match wanted {
        wanted::Activation::Relu => ours::Activation::Relu,
        wanted::Activation::Silu => ours::Activation::Silu,
        wanted::Activation::Gelu => ours::Activation::Gelu,
    }
}

fn pooling(wanted: wanted::Pooling) -> ours::Pooling {
    match wanted {
        wanted::Pooling::Average => ours::Pooling::Average,
        wanted::Pooling::Max => ours::Pooling::Max,
        wanted::Pooling::AverageMax => ours::Pooling::AverageMax,
        wanted::Pooling::Concatenated => ours::Pooling::Concatenated,
    }
}
