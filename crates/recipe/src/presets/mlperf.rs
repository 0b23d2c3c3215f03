//! Large batches with LARS, as in MLPerf Training.

use super::{train, tutorial};
use crate::recipe::{Decay, Loss, LrScaling, Optimizer, Recipe, Rule, Schedule, Warmup};
use crate::span::Span;

/// ResNet-50 on ImageNet for 40 epochs in batches of 4096 with LARS: the schedule of TensorFlow's
/// `imagenet_main.py --enable_lars` (`official/r1/resnet`), which MLPerf's reference took over.
///
/// - Hardware and time: MLPerf Training 4.0 lists 12.0 minutes on eight H200, for 35 epochs in batches of
///   3200. Not measured here.
/// - Expected accuracy: MLPerf's target is 75.90 % top-1. Not trained here.
/// - Command: `cargo run --release --example train_imagenet -- --preset mlperf-lars --data-dir D
///   --model-dir M`
///
/// `--set optimizer.accumulate=16` adds the gradients of sixteen parts up. Larger batches have other
/// peaks there: 10 from 8192, 25 from 16,384 and 32 from 32,768 images on. Where it differs from the
/// source: LARS is timm's, which leaves tensors without weight decay at the plain rate.
#[must_use]
pub fn mlperf_lars() -> Recipe {
    let base = tutorial();
    Recipe {
        optimizer: Optimizer {
            weight_decay: 1e-4,
            rule: Rule::Lars { momentum: 0.9, trust: 0.001 },
            ..base.optimizer
        },
        loss: Loss { label_smoothing: 0.1, ..Loss::default() },
        schedule: Schedule {
            base_lr: 5.0,
            scaling: LrScaling::None,
            min_lr: 1e-4,
            warmup: Warmup::linear(Span::Epochs(5.0)),
            decay: Decay::Polynomial { power: 2.0 },
        },
        train: train(40, 4096),
        ..base
    }
}
