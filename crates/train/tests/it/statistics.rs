//! BatchNorm's statistics, averaged anew before an evaluation.

use burn::tensor::Device;
use resnet_data::{Batch, DataError};
use resnet_models::tensors::TensorMap;
use resnet_recipe::{Ema, FreezeUntil, Recipe};
use resnet_train::learner::{Learner, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;

use crate::resume::stop_and_resume;
use crate::sample::{images, recipe};

fn batches(recipe: &Recipe) -> Vec<Batch> {
    let loader = train_loader(images().train, recipe, 1).expect("a loader");
    loader.epoch(0, 0).collect::<Result<_, _>>().expect("images")
}

fn learner(recipe: &Recipe) -> Learner {
    Learner::new(recipe, &Device::flex()).expect("a network")
}

/// The statistics that a fresh network takes from one batch, of which it keeps a tenth.
fn of_one(recipe: &Recipe, batch: Batch) -> TensorMap {
    let at = StepAt { step: 0, lr: 0.0 };
    learner(recipe).step(batch, at, &mut Meter::default()).state().model
}

#[test]
fn they_are_the_means_over_the_batches() {
    let recipe = recipe();
    let batches = batches(&recipe);
    let mut taken = learner(&recipe);
    taken.take_statistics_of(batches.iter().cloned().map(Ok)).expect("good batches");
    let got = taken.state().model;
    let each: Vec<TensorMap> = batches.into_iter().map(|batch| of_one(&recipe, batch)).collect();
    for key in got.keys().filter(|key| key.contains("running_")) {
        let start = if key.ends_with("running_var") { 0.9 } else { 0.0 };
        for (channel, got) in got[key].iter::<f64>().enumerate() {
            let of = |map: &TensorMap| map[key].iter::<f64>().nth(channel).expect("a channel");
            let mean = each.iter().map(|map| 10.0 * (of(map) - start)).sum::<f64>() / 4.0;
            assert!((got - mean).abs() < 1e-4 * mean.abs().max(1.0), "{key}: {got}, not {mean}");
        }
    }
}

#[test]
fn weights_and_frozen_statistics_stay() {
    let mut recipe = recipe();
    recipe.model.freeze_until = Some(FreezeUntil::Layer1);
    let fresh = learner(&recipe).state().model;
    let mut taken = learner(&recipe);
    taken.take_statistics_of(batches(&recipe).into_iter().map(Ok)).expect("good batches");
    let got = taken.state().model;
    for (key, data) in &got {
        let learns = key.starts_with("layer2.") || key.starts_with("layer3.");
        assert_eq!(*data != fresh[key], learns && key.contains("running_"), "{key}");
    }
}

#[test]
fn a_batch_that_cannot_be_loaded_leaves_them_as_they_are() {
    let recipe = recipe();
    let (fresh, mut taken) = (learner(&recipe).state(), learner(&recipe));
    let good = batches(&recipe).into_iter().take(2).map(Ok);
    let error = DataError::Empty { source_name: "nothing".to_owned() };
    let never = std::iter::from_fn(|| panic!("asked for a batch after the error"));
    let error = taken.take_statistics_of(good.chain([Err(error)]).chain(never));
    assert!(error.expect_err("the third").to_string().contains("nothing"));
    assert!(taken.state() == fresh, "something has changed");
}

#[test]
fn a_run_with_a_mean_of_weights_resumes_with_the_same_bytes() {
    let mut recipe = recipe();
    recipe.train.reestimate_batch_norm = 2;
    recipe.ema = Some(Ema { decay: 0.9, every: 1 });
    stop_and_resume(&recipe);
}
