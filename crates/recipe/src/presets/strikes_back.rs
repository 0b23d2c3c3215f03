//! The recipes of "ResNet strikes back".

use super::{train, tutorial};
use crate::recipe::{
    Augment, Clip, Data, Decay, Interpolation, Loss, LossKind, LrScaling, Model, Optimizer, Recipe,
    Rule, Sampler, Sampling, Schedule, Warmup,
};
use crate::span::Span;

/// ResNet-50 on ImageNet for 600 passes, procedure A1 of
/// [Wightman et al. 2021](https://arxiv.org/abs/2110.00476), table 2: LAMB, binary cross-entropy,
/// RandAugment, mixup and cutmix, each image three times in a row.
///
/// - Hardware and time: the paper states 110 hours on four V100. Not measured here.
/// - Expected accuracy: the paper states 80.4 % top-1 at 224 pixels. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset strikes-back-a1 --data-dir D
///   --model-dir M`
///
/// An epoch of repeated images is three times as long as one of the paper, so there are 200 of them. A
/// batch of 2048, that of their four GPUs; `--set optimizer.accumulate=8` adds the gradients of eight
/// parts up. Where it differs from the source: RandAugment is torchvision's at the same share of its
/// scale, without a random strength; a mixed image has both classes as targets by their shares, where
/// the paper sets both to 1; the warm-up begins at zero.
#[must_use]
pub fn strikes_back_a1() -> Recipe {
    Recipe { loss: Loss { label_smoothing: 0.1, mixup: 0.2, ..loss() }, ..strikes_back(600, 3, 7) }
}

/// ResNet-50 on ImageNet for 300 passes: procedure A2 of the same paper, which differs from
/// [`strikes_back_a1`] in length, weight decay, mixup and label smoothing.
///
/// - Hardware and time: the paper states 55 hours on four V100. Not measured here.
/// - Expected accuracy: the paper states 79.8 % top-1 at 224 pixels. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset strikes-back-a2 --data-dir D
///   --model-dir M`
#[must_use]
pub fn strikes_back_a2() -> Recipe {
    let base = strikes_back(300, 3, 7);
    Recipe { optimizer: Optimizer { weight_decay: 0.02, ..base.optimizer }, ..base }
}

/// ResNet-50 on ImageNet for 100 epochs at 160 pixels: procedure A3 of the same paper, without
/// repeated images and stochastic depth.
///
/// - Hardware and time: the paper states 15 hours on four V100. Not measured here.
/// - Expected accuracy: the paper states 78.1 % top-1 at 224 pixels. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset strikes-back-a3 --data-dir D
///   --model-dir M`
#[must_use]
pub fn strikes_back_a3() -> Recipe {
    let base = strikes_back(100, 1, 6);
    Recipe {
        model: Model { stochastic_depth: 0.0, ..base.model },
        data: Data { image_size: 160, validation_size: Some(224), ..base.data },
        optimizer: Optimizer { weight_decay: 0.02, ..base.optimizer },
        schedule: Schedule { base_lr: 8e-3, ..base.schedule },
        ..base
    }
}

/// What the three have in common; `strength` is one of 10.
fn strikes_back(passes: u64, times: u32, strength: usize) -> Recipe {
    let base = tutorial();
    let epochs = passes / u64::from(times);
    let sampler = if times > 1 { Sampler::Repeated { times } } else { Sampler::Shuffle };
    let rand_augment = Augment::RandAugment {
        ops: 2,
        magnitude: 3 * strength,
        bins: 31,
        sampling: Sampling::Bilinear,
    };
    Recipe {
        model: Model { zero_init_gamma: true, stochastic_depth: 0.05, ..base.model },
        data: Data {
            // 95 % of the shorter side.
            validation_resize: 236,
            interpolation: Interpolation::Bicubic,
            augment: vec![Augment::HorizontalFlip { p: 0.5 }, rand_augment],
            sampler,
            ..base.data
        },
        optimizer: Optimizer {
            weight_decay: 0.01,
            clip: Clip::Norm(1.0),
            rule: Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 },
            ..base.optimizer
        },
        loss: loss(),
        schedule: Schedule {
            base_lr: 5e-3,
            scaling: LrScaling::None,
            min_lr: 1e-6,
            warmup: Warmup::linear(Span::Epochs(5.0 / f64::from(times))),
            decay: Decay::Cosine,
        },
        train: train(epochs, 2048),
        ..base
    }
}

fn loss() -> Loss {
    Loss { kind: LossKind::BinaryCrossEntropy, mixup: 0.1, cutmix: 1.0, ..Loss::default() }
}
