//! The step as a whole, with everything a recipe can ask of it.

use burn::tensor::Device;
use resnet_data::{Batch, Pixels};
use resnet_models::state_dict;
use resnet_models::tensors::TensorMap;
use resnet_recipe::{Ema, Recipe, Rule};
use resnet_train::learner::{Learner, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;

use crate::sample::{images, recipe, with_everything};

fn batches(recipe: &Recipe) -> Vec<Batch> {
    let loader = train_loader(images().train, recipe, 1).expect("a loader");
    loader.epoch(0, 0).collect::<Result<_, _>>().expect("good images")
}

fn learner(recipe: &Recipe) -> Learner {
    Learner::new(recipe, &Device::flex()).expect("a network")
}

fn trained(recipe: &Recipe) -> Learner {
    let steps = (0..).zip(batches(recipe));
    steps.fold(learner(recipe), |learner, (step, batch)| {
        learner.step(batch, StepAt { step, lr: 0.01 }, &mut Meter::default())
    })
}

fn largest_difference(a: &TensorMap, b: &TensorMap) -> f64 {
    let values = |map: &TensorMap| {
        map.values().flat_map(|d| d.iter::<f64>().collect::<Vec<_>>()).collect::<Vec<_>>()
    };
    std::iter::zip(values(a), values(b)).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// Gradients of equal parts add up to that of the whole where BatchNorm does not look at the batch:
/// here both parts hold the same images, so that their statistics are those of the whole.
#[test]
fn gradients_of_the_parts_of_a_batch_add_up_to_its_own() {
    let mut recipe = recipe();
    let mut batch = batches(&recipe).remove(0);
    let half = batch.images.len() / 2;
    let Pixels::Eight(levels) = &mut batch.images else { panic!("8 bits") };
    levels.copy_within(..half, half);
    batch.labels.copy_within(..2, 2);
    let step = |recipe: &Recipe| {
        let at = StepAt { step: 0, lr: 0.1 };
        learner(recipe).step(batch.clone(), at, &mut Meter::default()).state().optimizer
    };
    let whole = step(&recipe);
    recipe.optimizer.accumulate = 2;
    let parts = step(&recipe);
    let off = largest_difference(&whole, &parts);
    assert!(off < 1e-5, "gradients differ by {off}");
}

#[test]
fn every_part_of_a_batch_is_counted_once() {
    let mut recipe = recipe();
    recipe.optimizer.accumulate = 3;
    let mut meter = Meter::default();
    let at = StepAt { step: 0, lr: 0.1 };
    let learner = learner(&recipe).step(batches(&recipe).remove(0), at, &mut meter);
    assert_eq!(meter.take().iter().map(|part| part.examples).sum::<f64>(), 4.0);
    drop(learner);
}

/// The running mean after four steps, from the weights before and after each.
#[test]
fn the_running_mean_follows_the_weights_and_the_statistics() {
    let mut recipe = recipe();
    recipe.ema = Some(Ema { decay: 0.75, every: 1 });
    let mut learner = learner(&recipe);
    let mut wanted: Vec<f64> = flat(&learner.state().model);
    for (step, batch) in (0..).zip(batches(&recipe)) {
        learner = learner.step(batch, StepAt { step, lr: 0.01 }, &mut Meter::default());
        for (mean, now) in wanted.iter_mut().zip(flat(&learner.state().model)) {
            *mean = 0.75 * *mean + 0.25 * now;
        }
    }
    let got = flat(&state_dict(&learner.inference_model()));
    let off = std::iter::zip(&got, &wanted).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
    assert!(off < 1e-5, "means differ by {off}");
    assert_ne!(got, flat(&learner.state().model), "the weights in training are others");
}

#[test]
fn running_means_that_a_run_begins_to_keep_later_start_at_its_weights() {
    let mut recipe = recipe();
    let state = trained(&recipe).state();
    recipe.ema = Some(Ema { decay: 0.9, every: 1 });
    let learner = learner(&recipe).restore(state.clone()).expect("the same network");
    assert_eq!(state_dict(&learner.inference_model()), state.model);
}

fn flat(map: &TensorMap) -> Vec<f64> {
    map.values().flat_map(|data| data.iter::<f64>().collect::<Vec<_>>()).collect()
}

/// Every rule with everything else switched on: the state of the middle leads to the same end.
#[test]
fn a_restored_learner_goes_on_with_the_same_bytes() {
    let rules = [
        Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 },
        Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 },
        Rule::Lars { momentum: 0.9, trust: 0.001 },
        Rule::Lion { betas: (0.9, 0.99) },
        Rule::Muon { momentum: 0.95, nesterov: true, betas: (0.9, 0.999), eps: 1e-8 },
    ];
    for rule in rules {
        let recipe = with_everything(rule);
        let mut learner = learner(&recipe);
        for (step, batch) in (0..).zip(batches(&recipe)) {
            learner = learner.step(batch, StepAt { step, lr: 0.01 }, &mut Meter::default());
            let fresh = Learner::new(&recipe, &Device::flex()).expect("a network");
            learner = fresh.restore(learner.state()).expect("the same network");
        }
        assert_eq!(learner.state(), trained(&recipe).state(), "{rule:?}");
    }
}
