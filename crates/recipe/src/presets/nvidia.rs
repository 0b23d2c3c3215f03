//! NVIDIA's recipe for 90 epochs.

use super::{sgd, train, tutorial};
use crate::recipe::{Decay, Loss, LrScaling, Optimizer, Recipe, Rule, Schedule, Warmup};
use crate::span::Span;

/// ResNet-50 on ImageNet for 90 epochs, after NVIDIA's DeepLearningExamples
/// (`PyTorch/Classification/ConvNets/resnet50v1.5`): label smoothing, half a cosine after 8 epochs of
/// warm-up, and a weight decay of 1/32768.
///
/// - Hardware and time: NVIDIA states, for mixed precision, about 3 hours on eight A100 and about
///   14 hours on one; with TF32 about 5 and 36 hours. Not measured here.
/// - Expected accuracy: NVIDIA states 77.12 ± 0.11 % top-1 for mixed precision and 76.95 ± 0.18 % for
///   TF32. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset nvidia-90 --data-dir D
///   --model-dir M`
///
/// A batch of 2048, that of their eight GPUs with 256 images each. Where one device has no memory for
/// it, `--set optimizer.accumulate=8` adds the gradients of eight parts up; `--batch-size 256` scales
/// the rate down with the batch. Where it differs from the source: weight decay leaves out the
/// classifier's bias; weights start from torchvision's distribution.
#[must_use]
pub fn nvidia_90() -> Recipe {
    Recipe {
        optimizer: Optimizer {
            rule: Rule::Sgd { momentum: 0.875, nesterov: false },
            ..sgd(1.0 / 32768.0, false)
        },
        loss: Loss { label_smoothing: 0.1, ..Loss::default() },
        schedule: Schedule {
            base_lr: 0.256,
            scaling: LrScaling::Linear,
            min_lr: 0.0,
            warmup: Warmup::linear(Span::Epochs(8.0)),
            decay: Decay::Cosine,
        },
        train: train(90, 2048),
        ..tutorial()
    }
}
