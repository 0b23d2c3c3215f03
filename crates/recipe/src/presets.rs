//! Complete recipes, each with its source, hardware, time, expected accuracy and command.

mod cifar10;
mod ffcv;
mod fine_tune;
mod mlperf;
mod named;
mod nvidia;
mod strikes_back;
mod torchvision;

pub use cifar10::cifar10_resnet20;
pub use ffcv::{ffcv_16, ffcv_40, ffcv_88};
pub use fine_tune::fine_tune_small;
pub use mlperf::mlperf_lars;
pub use named::{ALL, Preset, UnknownPreset, find};
pub use nvidia::nvidia_90;
pub use strikes_back::{strikes_back_a1, strikes_back_a2, strikes_back_a3};
pub use torchvision::torchvision_v2;

use crate::recipe::{
    Augment, BadImages, Bits, Channels, Clip, Crop, Data, Decay, Dicom, GradientExchange,
    Interpolation, Loss, LrScaling, Model, Optimizer, Precision, Recipe, Rule, Sampler, Schedule,
    StemKind, Train, ValidationCrop, ValidationViews, Warmup,
};
use crate::span::Span;

/// Mean of ImageNet's training pixels, as torchvision uses it.
pub const IMAGENET_MEAN: [f32; 3] = [0.485, 0.456, 0.406];
/// Standard deviation of ImageNet's training pixels, as torchvision uses it.
pub const IMAGENET_STD: [f32; 3] = [0.229, 0.224, 0.225];

/// Mean of ImageNet's training pixels, as TensorFlow's official ResNet subtracts it: 123.68, 116.78
/// and 103.94 of 255.
pub const TENSORFLOW_MEAN: [f32; 3] = [123.68 / 255.0, 116.78 / 255.0, 103.94 / 255.0];
/// What makes `(pixel / 255 - mean) / std` a subtraction alone, as TensorFlow's official ResNet and
/// the weights of VGG expect it: no division by a deviation.
pub const TENSORFLOW_STD: [f32; 3] = [1.0 / 255.0; 3];

/// ResNet-50 on ImageNet for 90 epochs, after TensorFlow's official `imagenet_main.py`
/// (`official/r1/resnet`, 2019).
///
/// - Hardware and time: not measured here yet; see `docs/limitations.md`.
/// - Expected accuracy: the reference publishes 76.53 % top-1 (v1, fp32) and its own test accepts
///   76.2 to 76.6 %; this implementation has not been trained on ImageNet yet.
/// - Command: `cargo run --release --example train_imagenet -- --data-dir D --model-dir M
///   --resnet-size 50 --batch-size 256 --train-epochs 90`
///
/// Where it differs from the reference: images are cropped with torchvision's
/// `RandomResizedCrop` (area from 0.08, not 0.05) and divided by the standard deviation; weight
/// decay leaves out the classifier's bias; the classifier has 1000 outputs, not 1001; weights
/// start from torchvision's distribution; BatchNorm's momentum is PyTorch's 0.1, not 0.003.
#[must_use]
pub fn tutorial() -> Recipe {
    Recipe {
        model: Model::named("resnet50", 1000),
        data: Data {
            image_size: 224,
            validation_resize: 256,
            validation_size: None,
            validation_crop: ValidationCrop::ResizeCenterCrop,
            validation_views: ValidationViews::Single,
            sampler: Sampler::Shuffle,
            exif_orientation: false,
            interpolation: Interpolation::Bilinear,
            crop: Crop::random_resized(),
            augment: vec![Augment::HorizontalFlip { p: 0.5 }],
            label_offset: 1,
            label_sets: Vec::new(),
            unknown_labels: Vec::new(),
            mean: IMAGENET_MEAN,
            std: IMAGENET_STD,
            bits: Bits::default(),
            channels: Channels::default(),
            dicom: Dicom::default(),
            on_bad_image: BadImages::Fail,
        },
        resolution: None,
        optimizer: sgd(1e-4, false),
        loss: Loss::default(),
        ema: None,
        schedule: Schedule {
            base_lr: 0.128,
            scaling: LrScaling::Linear,
            min_lr: 0.0,
            warmup: Warmup::linear(Span::Epochs(5.0)),
            decay: Decay::MultiStep {
                at: [30.0, 60.0, 80.0, 90.0].map(Span::Epochs).to_vec(),
                factor: 0.1,
            },
        },
        train: train(90, 256),
    }
}

/// ResNet-8 on the bundled part of Fashion-MNIST, for a first look.
///
/// - Hardware and time: see the README's transcript.
/// - Expected accuracy: above 80 % top-1.
/// - Command: `cargo run --release --example train_imagenet`
#[must_use]
pub fn fashion_mnist_sample() -> Recipe {
    Recipe {
        model: Model { stem: StemKind::Small, ..Model::named("resnet8", 10) },
        data: Data {
            image_size: 28,
            validation_resize: 28,
            validation_size: None,
            validation_crop: ValidationCrop::ResizeCenterCrop,
            validation_views: ValidationViews::Single,
            sampler: Sampler::Shuffle,
            exif_orientation: false,
            interpolation: Interpolation::Bilinear,
            crop: Crop::PadCrop { pad: 2 },
            augment: vec![Augment::HorizontalFlip { p: 0.5 }],
            label_offset: 1,
            label_sets: Vec::new(),
            unknown_labels: Vec::new(),
            // Of the bundled training images, all channels being equal.
            mean: [0.289; 3],
            std: [0.351; 3],
            bits: Bits::default(),
            channels: Channels::default(),
            dicom: Dicom::default(),
            on_bad_image: BadImages::Fail,
        },
        resolution: None,
        optimizer: sgd(5e-4, true),
        loss: Loss { label_smoothing: 0.1, ..Loss::default() },
        ema: None,
        schedule: Schedule {
            base_lr: 0.8,
            scaling: LrScaling::Linear,
            min_lr: 0.0,
            warmup: Warmup::linear(Span::Epochs(1.0)),
            decay: Decay::Cosine,
        },
        train: train(14, 32),
    }
}

/// So many epochs of batches of this size, each followed by an evaluation.
fn train(epochs: u64, batch_size: usize) -> Train {
    Train {
        epochs,
        batch_size,
        seed: 0,
        epochs_between_evals: 1,
        precision: Precision::F32,
        reestimate_batch_norm: 0,
        exchange: GradientExchange::F32,
    }
}

/// SGD with the usual momentum of 0.9.
fn sgd(weight_decay: f64, nesterov: bool) -> Optimizer {
    let rule = Rule::Sgd { momentum: 0.9, nesterov };
    Optimizer { weight_decay, accumulate: 1, clip: Clip::Off, layer_decay: 1.0, rule }
}

#[cfg(test)]
mod tests {
    use super::{TENSORFLOW_MEAN, TENSORFLOW_STD};

    #[test]
    fn tensorflow_values_subtract_a_mean_and_divide_by_nothing() {
        for (channel, mean) in [123.68, 116.78, 103.94].into_iter().enumerate() {
            for pixel in [0.0, 1.0, 127.0, 255.0] {
                let ours = (pixel / 255.0 - TENSORFLOW_MEAN[channel]) / TENSORFLOW_STD[channel];
                assert!((ours - (pixel - mean)).abs() < 1e-4, "{pixel} of channel {channel}");
            }
        }
    }
}
