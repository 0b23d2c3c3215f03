//! Parts that stay as they are, parts that learn more slowly, and when that ends.

use burn::tensor::Device;
use resnet_data::Batch;
use resnet_models::tensors::TensorMap;
use resnet_recipe::{FreezeUntil, Recipe, Rule};
use resnet_train::checkpoint;
use resnet_train::learner::{Learner, StepAt};
use resnet_train::meter::Meter;
use resnet_train::run::RunOptions;

use crate::resume::stop_and_resume;
use crate::sample::{recipe, run};

/// The classifier alone at first, a stage more with each epoch.
fn gradual() -> Recipe {
    let mut recipe = recipe();
    recipe.optimizer.rule = Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 };
    recipe.schedule.base_lr = 0.05;
    (recipe.model.freeze_until, recipe.model.unfreeze_every) = (Some(FreezeUntil::Layer3), Some(1));
    recipe
}

fn batch() -> Batch {
    Batch {
        images: (0..4 * 12 * 12 * 3).map(|i: usize| (i * 37 % 251) as u8).collect(),
        labels: vec![0, 3, 5, 7],
        weights: vec![1.0; 4],
        height: 12,
        width: 12,
        ..Batch::default()
    }
}

/// The tensors before and after one step of length 1.
fn one_step(recipe: &Recipe) -> (TensorMap, TensorMap) {
    let learner = Learner::new(recipe, &Device::flex()).expect("a network");
    let before = learner.state().model;
    let learner = learner.step(batch(), StepAt { step: 0, lr: 1.0 }, &mut Meter::default());
    (before, learner.state().model)
}

fn moved((before, after): &(TensorMap, TensorMap)) -> Vec<&str> {
    before.keys().filter(|key| before[*key] != after[*key]).map(String::as_str).collect()
}

#[test]
fn what_is_frozen_stays_with_its_statistics_and_the_rest_learns() {
    let mut recipe = recipe();
    recipe.model.freeze_until = Some(FreezeUntil::Layer2);
    let tensors = one_step(&recipe);
    let moved = moved(&tensors);
    let learns = |key: &str| key.starts_with("layer3.") || key.starts_with("fc.");
    assert!(moved.iter().all(|key| learns(key)), "{moved:?}");
    for key in tensors.0.keys().filter(|key| learns(key)) {
        assert!(moved.contains(&key.as_str()), "{key} has not moved");
    }
}

#[test]
fn a_decay_over_the_layers_shortens_each_step_by_its_power() {
    let mut recipe = recipe();
    recipe.optimizer.weight_decay = 0.0;
    let whole = one_step(&recipe);
    recipe.optimizer.layer_decay = 0.5;
    let shortened = one_step(&recipe);
    let step = |(before, after): &(TensorMap, TensorMap), key: &str| {
        let pairs = before[key].iter::<f64>().zip(after[key].iter::<f64>());
        pairs.map(|(before, after)| (after - before).powi(2)).sum::<f64>().sqrt()
    };
    for (key, factor) in [
        ("fc.weight", 1.0),
        ("layer3.0.conv1.weight", 0.25),
        ("layer1.0.conv2.weight", 0.0625),
        ("conv1.weight", 0.03125),
    ] {
        let ratio = step(&shortened, key) / step(&whole, key);
        assert!((ratio - factor).abs() < 1e-3 * factor, "{key}: {ratio}");
    }
}

#[test]
fn stages_begin_to_learn_one_after_another() {
    let folder = tempfile::tempdir().expect("a folder");
    let recipe = gradual();
    let initial = Learner::new(&recipe, &Device::flex()).expect("a network").state().model;
    for (steps, learning) in
        [(4, &["fc."] as &[&str]), (8, &["fc.", "layer3."]), (12, &["fc.", "layer3.", "layer2."])]
    {
        let options = RunOptions { max_steps: Some(steps), ..RunOptions::new(folder.path()) };
        let outcome = run(&recipe, &options).expect("trains");
        let saved = checkpoint::load(&outcome.checkpoint.expect("one")).expect("whole").learner;
        for (key, data) in &saved.model {
            let learns = learning.iter().any(|part| key.starts_with(part));
            assert_eq!(*data != initial[key], learns, "{key} after {steps} steps");
        }
        // The corrections of Adam begin when the parameter does.
        let made = |key: &str| saved.optimizer.get(key).and_then(|d| d.iter::<f64>().next());
        let late = (steps > 4).then_some(steps as f64 - 4.0);
        assert_eq!(made("step/fc.bias"), Some(steps as f64));
        assert_eq!(made("step/layer3.0.conv1.weight"), late);
    }
}

#[test]
fn resuming_across_an_unfreezing_changes_no_byte() {
    stop_and_resume(&gradual());
}
