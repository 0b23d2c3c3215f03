//! A small run for tests: a narrow network on made-up images.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::SyntheticImages;
use resnet_recipe::{Clip, Ema, Fanout, LossKind, Recipe, Rule, Train, presets};
use resnet_train::TrainError;
use resnet_train::device::Chosen;
use resnet_train::run::{Datasets, Outcome, RunOptions, train};

/// Three epochs of four steps.
pub(crate) fn recipe() -> Recipe {
    let mut recipe = presets::fashion_mnist_sample();
    recipe.train = Train { epochs: 3, batch_size: 4, ..recipe.train };
    (recipe.data.image_size, recipe.data.validation_resize) = (12, 12);
    recipe
}

/// The same with everything that has a state of its own.
pub(crate) fn with_everything(rule: Rule) -> Recipe {
    let mut recipe = recipe();
    recipe.optimizer.rule = rule;
    (recipe.optimizer.accumulate, recipe.optimizer.clip) = (2, Clip::Norm(1.0));
    (recipe.loss.mixup, recipe.loss.cutmix) = (0.8, 1.0);
    recipe.loss.kind = LossKind::BinaryCrossEntropy;
    recipe.ema = Some(Ema { decay: 0.9, every: 2 });
    recipe
}

pub(crate) fn images() -> Datasets {
    let make = |len, seed| Arc::new(SyntheticImages::new(len, 10, seed).with_side(12));
    Datasets { train: make(17, 1), validation: make(6, 2) }
}

pub(crate) fn cpu() -> Chosen {
    Chosen { device: Device::flex(), name: "CPU".to_owned(), reason: "a test".to_owned() }
}

pub(crate) fn run_in(folder: &Path, recipe: &Recipe) -> Result<Outcome, TrainError> {
    run(recipe, &RunOptions { workers: 2, ..RunOptions::new(folder) })
}

pub(crate) fn run(recipe: &Recipe, options: &RunOptions) -> Result<Outcome, TrainError> {
    train(recipe, &images(), options, &cpu(), &mut Fanout::default())
}
