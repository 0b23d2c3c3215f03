//! A small data set, from weights that were trained on a large one.

use super::{train, tutorial};
use crate::recipe::{
    Augment, ClassWeights, Clip, Data, Decay, FreezeUntil, Loss, LrScaling, Model, Optimizer,
    Recipe, Rule, Sampler, Sampling, Schedule, Warmup,
};
use crate::span::Span;

/// ResNet-50 on a small data set of one's own, from weights trained on ImageNet: AdamW at a low rate,
/// lower still towards the pixels; the classifier learns alone at first, and a stage more with every
/// second epoch; classes of unequal size are drawn equally often.
///
/// - Hardware and time: depends on the data. Not measured here.
/// - Expected accuracy: depends on the data; there is no published figure.
/// - Command: `cargo run --release --example train_imagenet -- --preset fine-tune-small --data-dir D
///   --num-classes N --pretrained resnet50 --model-dir M`
///
/// The method is that of [Howard and Ruder 2018](https://arxiv.org/abs/1801.06146), gradual unfreezing
/// and rates that fall with the layers; the numbers are this project's.
#[must_use]
pub fn fine_tune_small() -> Recipe {
    let base = tutorial();
    Recipe {
        model: Model {
            freeze_until: Some(FreezeUntil::Layer4),
            unfreeze_every: Some(2),
            ..Model::named("resnet50", 2)
        },
        data: Data {
            augment: vec![
                Augment::HorizontalFlip { p: 0.5 },
                Augment::TrivialAugmentWide { bins: 31, sampling: Sampling::Bilinear },
            ],
            sampler: Sampler::Balanced,
            label_offset: 0,
            ..base.data
        },
        optimizer: Optimizer {
            weight_decay: 0.05,
            clip: Clip::Norm(1.0),
            layer_decay: 0.7,
            rule: Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 },
            ..base.optimizer
        },
        loss: Loss { label_smoothing: 0.1, class_weights: ClassWeights::Equal, ..Loss::default() },
        schedule: Schedule {
            base_lr: 1e-3,
            scaling: LrScaling::None,
            min_lr: 1e-6,
            warmup: Warmup::linear(Span::Percent(5.0)),
            decay: Decay::Cosine,
        },
        train: train(20, 32),
        ..base
    }
}
