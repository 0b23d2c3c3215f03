//! FFCV's short recipes.

use super::{sgd, train, tutorial};
use crate::recipe::{
    Data, Decay, Loss, LrScaling, ProgressiveResolution, Recipe, Schedule, ValidationViews, Warmup,
};
use crate::schedule::WarmupShape;
use crate::span::Span;

/// ResNet-50 on ImageNet for 16 epochs, after `rn50_configs/rn50_16_epochs.yaml` of
/// [ffcv-imagenet](https://github.com/libffcv/ffcv-imagenet): a high rate that rises for two epochs
/// and falls in a straight line to zero.
///
/// - Hardware and time: FFCV states 14.9 minutes on eight A100. Not measured here.
/// - Expected accuracy: FFCV states 73.8 % top-1, with BlurPool. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset ffcv-16 --data-dir D
///   --model-dir M`
///
/// A batch of 4096, that of their eight GPUs with 512 images each; `--set optimizer.accumulate=8`
/// adds the gradients of eight parts up. Images grow from 160 to 192 pixels, and accuracy is that of
/// the mean logits of a 256-pixel crop and its mirror image. Where it differs from the source: there is
/// no BlurPool; weight decay leaves out the classifier's bias.
#[must_use]
pub fn ffcv_16() -> Recipe {
    ffcv(16, (11, 13))
}

/// ResNet-50 on ImageNet for 40 epochs: [`ffcv_16`] at greater length.
///
/// - Hardware and time: FFCV states 35.6 minutes on eight A100. Not measured here.
/// - Expected accuracy: FFCV states 77.2 % top-1, with BlurPool. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset ffcv-40 --data-dir D
///   --model-dir M`
#[must_use]
pub fn ffcv_40() -> Recipe {
    ffcv(40, (29, 34))
}

/// ResNet-50 on ImageNet for 88 epochs: [`ffcv_16`] at greater length.
///
/// - Hardware and time: FFCV states 77.2 minutes on eight A100. Not measured here.
/// - Expected accuracy: FFCV states 78.4 % top-1, with BlurPool. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset ffcv-88 --data-dir D
///   --model-dir M`
#[must_use]
pub fn ffcv_88() -> Recipe {
    ffcv(88, (65, 76))
}

fn ffcv(epochs: u64, (start_epoch, end_epoch): (u64, u64)) -> Recipe {
    let base = tutorial();
    Recipe {
        data: Data {
            image_size: 192,
            validation_size: Some(256),
            validation_resize: 293,
            validation_views: ValidationViews::Flip,
            ..base.data
        },
        resolution: Some(ProgressiveResolution {
            start_size: 160,
            end_size: 192,
            start_epoch,
            end_epoch,
            multiple: 32,
        }),
        optimizer: sgd(1e-4, false),
        loss: Loss { label_smoothing: 0.1, ..Loss::default() },
        schedule: Schedule {
            base_lr: 1.7,
            scaling: LrScaling::None,
            min_lr: 0.0,
            warmup: Warmup { length: Span::Epochs(2.0), shape: WarmupShape::Linear, from: 1e-4 },
            decay: Decay::Linear,
        },
        train: train(epochs, 4096),
        ..base
    }
}
