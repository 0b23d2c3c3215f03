//! torchvision's recipe for its second weights.

use super::{sgd, train, tutorial};
use crate::recipe::{
    Augment, Data, Decay, Ema, Loss, LrScaling, Recipe, Sampler, Sampling, Schedule, Warmup,
};
use crate::schedule::WarmupShape;
use crate::span::Span;

/// ResNet-50 on ImageNet for 600 passes, as torchvision trained `ResNet50_Weights.IMAGENET1K_V2`
/// (`references/classification`; [vision#3995](https://github.com/pytorch/vision/issues/3995)):
/// TrivialAugment, random erasing, mixup and cutmix, each image four times in a row, small images in
/// training, and a running mean of the weights.
///
/// - Hardware and time: torchvision used eight GPUs and states no time. Not measured here.
/// - Expected accuracy: torchvision states 80.858 % top-1. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset torchvision-v2 --data-dir D
///   --model-dir M`
///
/// An epoch of repeated images is four times as long as one of theirs, so there are 150 of them. A batch
/// of 1024, that of their eight GPUs with 128 images each. Where it differs from the source: random
/// erasing fills with the mean colour; the running mean also runs during the warm-up; weight decay
/// leaves out the classifier's bias.
#[must_use]
pub fn torchvision_v2() -> Recipe {
    let base = tutorial();
    let erasing = Augment::RandomErasing {
        p: 0.1,
        scale: [0.02, 0.33],
        ratio: [0.3, 3.3],
        value: [124, 116, 104],
    };
    Recipe {
        data: Data {
            image_size: 176,
            validation_size: Some(224),
            validation_resize: 232,
            augment: vec![
                Augment::HorizontalFlip { p: 0.5 },
                Augment::TrivialAugmentWide { bins: 31, sampling: Sampling::Nearest },
                erasing,
            ],
            sampler: Sampler::Repeated { times: 4 },
            ..base.data
        },
        optimizer: sgd(2e-5, false),
        loss: Loss { label_smoothing: 0.1, mixup: 0.2, cutmix: 1.0, ..Loss::default() },
        // Their decay of 0.99998, brought to their number of steps and epochs as `train.py` does:
        // 1 - (1 - 0.99998) * 1024 * 32 / 600.
        ema: Some(Ema { decay: 0.998_907_7, every: 32 }),
        schedule: Schedule {
            base_lr: 0.5,
            scaling: LrScaling::None,
            min_lr: 0.0,
            warmup: Warmup { length: Span::Epochs(1.25), shape: WarmupShape::Linear, from: 0.01 },
            decay: Decay::Cosine,
        },
        train: train(150, 1024),
        ..base
    }
}
