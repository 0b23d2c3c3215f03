//! What each flag changes in the recipe.

use clap::ValueEnum;
use resnet::recipe::{BadImages, Decay, Precision, Rule, Span, StemKind};
use resnet::{Recipe, presets};

use super::Args;
use crate::batch_size::BatchSize;

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Stem {
    Imagenet,
    Small,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Floats {
    F32,
    Bf16,
    F16,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum DecayKind {
    Step,
    Cosine,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum OnBadImage {
    Fail,
    Skip,
}

impl Args {
    pub(super) fn change_model(&self, recipe: &mut Recipe) {
        let model = &mut recipe.model;
        let by_layers = self.resnet_size.map(|layers| match self.resnet_version {
            Some(2) => format!("resnetv2_{layers}"),
            _ => format!("resnet{layers}"),
        });
        set(&mut model.name, self.model.clone().or(by_layers));
        set(&mut model.num_classes, self.num_classes);
        let stem = self.stem.map(|stem| match stem {
            Stem::Imagenet => StemKind::Imagenet,
            Stem::Small => StemKind::Small,
        });
        set(&mut model.stem, stem);
        model.zero_init_gamma |= self.zero_gamma;
        model.sync_batch_norm |= self.sync_batch_norm;
    }

    pub(super) fn change_data(&self, recipe: &mut Recipe) {
        let data = &mut recipe.data;
        set(&mut data.label_offset, self.label_offset);
        set(&mut data.image_size, self.image_size);
        if let Some(size) = self.image_size {
            (data.validation_size, data.validation_resize) = (None, size * 8 / 7);
        }
        let on_bad_image = self.on_bad_image.map(|what| match what {
            OnBadImage::Fail => BadImages::Fail,
            OnBadImage::Skip => BadImages::Skip { max: self.max_bad_images },
        });
        set(&mut data.on_bad_image, on_bad_image);
    }

    pub(super) fn change_training(&self, recipe: &mut Recipe) {
        let Recipe { optimizer, loss, schedule, train, .. } = recipe;
        if let Rule::Sgd { momentum, .. } | Rule::Lars { momentum, .. } = &mut optimizer.rule {
            set(momentum, self.momentum);
        }
        set(&mut optimizer.weight_decay, self.weight_decay);
        set(&mut loss.label_smoothing, self.label_smoothing);
        set(&mut schedule.base_lr, self.base_lr);
        set(&mut schedule.warmup.length, self.warmup_epochs.map(Span::Epochs));
        let decay = self.schedule.map(|kind| match kind {
            DecayKind::Step => presets::tutorial().schedule.decay,
            DecayKind::Cosine => Decay::Cosine,
        });
        set(&mut schedule.decay, decay);
        if let Some(BatchSize::Images(images)) = self.batch_size {
            train.batch_size = images;
        }
        set(&mut train.epochs, self.train_epochs);
        set(&mut train.epochs_between_evals, self.epochs_between_evals);
        set(&mut train.seed, self.seed);
        let precision = self.precision.map(|floats| match floats {
            Floats::F32 => Precision::F32,
            Floats::Bf16 => Precision::Bf16,
            Floats::F16 => Precision::F16,
        });
        set(&mut train.precision, precision);
    }
}

fn set<T>(place: &mut T, value: Option<T>) {
    if let Some(value) = value {
        *place = value;
    }
}
