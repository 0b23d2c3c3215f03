//! A loss or weights that are infinite or not a number.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use burn::tensor::{Device, TensorData};
use resnet_data::Source;
use resnet_recipe::{Recipe, Rule, Sampler, Span};
use resnet_train::checkpoint::{self, Best, Checkpoint, Keep, Position, Store};
use resnet_train::learner::{Learner, LearnerState, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;
use resnet_train::run::{Datasets, RunOptions, train};
use resnet_train::{OnNonFinite, TrainError};

use crate::sample::{Counted, Heard, cpu, images, recipe, run_and_hear};

/// A recipe whose first step makes weights so large that their squares overflow.
fn far_too_fast() -> Recipe {
    let mut recipe = recipe();
    recipe.schedule.base_lr = 1e23;
    recipe.schedule.warmup.length = Span::Epochs(0.0);
    recipe
}

fn options(folder: &std::path::Path, on_non_finite: OnNonFinite) -> RunOptions {
    RunOptions { on_non_finite, log_every: 1, ..RunOptions::new(folder) }
}

/// Rules with a state of each kind.
fn rules() -> [Recipe; 3] {
    let adamw = Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 };
    let lamb = Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 };
    [recipe().optimizer.rule, adamw, lamb].map(|rule| {
        let mut recipe = recipe();
        recipe.optimizer.rule = rule;
        recipe
    })
}

/// The state after the steps of an epoch at these rates; guarded, and what became of each.
fn after(recipe: &Recipe, rates: [f64; 4]) -> (LearnerState, Vec<bool>) {
    let loader = train_loader(images().train, recipe, 1).expect("a loader");
    let mut learner = Learner::new(recipe, &Device::flex()).expect("a network");
    let mut meter = Meter::default();
    for ((step, batch), lr) in (0..).zip(loader.epoch(0, 0)).zip(rates) {
        let at = StepAt { step, lr };
        learner = learner.step_if_finite(batch.expect("a batch"), at, &mut meter);
    }
    let kept = meter.take_steps().iter().map(|step| step.kept).collect();
    (learner.state(), kept)
}

/// The state after the batches `used` of an epoch, without a guard.
fn unguarded(recipe: &Recipe, used: &[u64]) -> LearnerState {
    let loader = train_loader(images().train, recipe, 1).expect("a loader");
    let mut learner = Learner::new(recipe, &Device::flex()).expect("a network");
    for (step, batch) in (0..).zip(loader.epoch(0, 0)) {
        if used.contains(&step) {
            let batch = batch.expect("a batch");
            let at = StepAt { step, lr: 0.01 };
            learner = learner.step(batch, at, &mut Meter::default());
        }
    }
    learner.state()
}

#[test]
fn a_step_that_is_skipped_leaves_everything_as_it_was() {
    for recipe in &rules() {
        let (state, kept) = after(recipe, [0.01, f64::INFINITY, 0.01, 0.01]);
        assert_eq!(kept, [true, false, true, true]);
        let expected = unguarded(recipe, &[0, 2, 3]);
        let rule = &recipe.optimizer.rule;
        assert!(state.model == expected.model, "{rule:?}: weights and running statistics");
        assert!(state.optimizer == expected.optimizer, "{rule:?}: velocities and numbers of steps");
    }
}

#[test]
fn the_very_first_step_can_be_skipped() {
    for recipe in &rules() {
        let (state, kept) = after(recipe, [f64::NAN, 0.01, 0.01, 0.01]);
        assert_eq!(kept, [false, true, true, true]);
        assert!(state.model == unguarded(recipe, &[1, 2, 3]).model, "{:?}", recipe.optimizer.rule);
    }
}

#[test]
fn the_guard_changes_no_byte_of_finite_steps() {
    for recipe in &rules() {
        let (state, kept) = after(recipe, [0.01; 4]);
        assert_eq!(kept, [true; 4]);
        assert!(state == unguarded(recipe, &[0, 1, 2, 3]), "{:?}", recipe.optimizer.rule);
    }
}

#[test]
fn by_default_the_run_stops_and_names_the_images() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut heard = Heard::default();
    let options = options(folder.path(), OnNonFinite::Stop);
    let error = run_and_hear(&far_too_fast(), &options, &mut heard).expect_err("diverges");
    let TrainError::Diverged { spoilt, last_checkpoint: 0 } = &error else { panic!("{error}") };
    assert!(error.to_string().contains("synthetic image"), "{error}");
    assert!(error.to_string().contains("--on-non-finite"), "{error}");
    // Its loss was one of fresh weights; it is the weights that the step has spoilt.
    assert!(error.to_string().starts_with("step 1, whose loss was "), "{error}");
    let [event] = &heard.non_finite[..] else { panic!("one event: {:?}", heard.non_finite) };
    assert_eq!(event, spoilt);
    assert_eq!((event.step, event.action, event.images.len()), (1, "stopped", 4));
    assert!((1.0..5.0).contains(&event.loss), "about ln 10: {}", event.loss);
    assert!(event.in_words().ends_with("made the weights overflow"), "{}", event.in_words());
    let loader = train_loader(images().train, &recipe(), 1).expect("a loader");
    let names = loader.samples(0, 0).into_iter().map(|n| format!("synthetic image {n}"));
    assert_eq!(event.images, names.collect::<Vec<_>>(), "those of the batch");
}

#[test]
fn a_run_that_rolls_back_halves_its_rate_until_it_gets_through() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut heard = Heard::default();
    let options = options(folder.path(), OnNonFinite::RollBack { max: 60 });
    // One epoch: each attempt starts at the first weights, not at ones that are barely finite.
    let mut recipe = far_too_fast();
    recipe.train.epochs = 1;
    let outcome = run_and_hear(&recipe, &options, &mut heard).expect("gets through");
    assert!(outcome.complete && !heard.non_finite.is_empty());
    assert!(heard.non_finite.iter().all(|event| event.action == "rolled back"));
    let path = outcome.checkpoint.expect("one");
    let saved = resnet_train::checkpoint::load(&path).expect("whole");
    assert_eq!(saved.position.rollbacks as usize, heard.non_finite.len());
}

#[test]
fn rolling_back_has_an_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut heard = Heard::default();
    let options = options(folder.path(), OnNonFinite::RollBack { max: 2 });
    let error = run_and_hear(&far_too_fast(), &options, &mut heard).expect_err("too fast still");
    assert!(matches!(error, TrainError::Diverged { .. }), "{error}");
    let actions: Vec<_> = heard.non_finite.iter().map(|event| event.action).collect();
    assert_eq!(actions, ["rolled back", "rolled back", "stopped"]);
}

#[test]
fn skipping_every_step_has_an_end() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recipe = recipe();
    recipe.train.epochs = 8;
    // Pixels so large that the first convolution overflows.
    recipe.data.std = [1e-38; 3];
    let mut heard = Heard::default();
    let options = options(folder.path(), OnNonFinite::SkipStep);
    let error = run_and_hear(&recipe, &options, &mut heard).expect_err("nothing is learnt");
    assert!(matches!(&error, TrainError::Diverged { spoilt, .. } if spoilt.step == 21), "{error}");
    assert_eq!(heard.non_finite.iter().filter(|event| event.action == "skipped").count(), 20);
}

#[test]
fn a_checkpoint_from_which_no_rate_helps_is_given_up_for_an_older_one() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = |on_non_finite| RunOptions {
        checkpoint_every: Some(1),
        max_steps: Some(2),
        ..options(folder.path(), on_non_finite)
    };
    let mut recipe = recipe();
    recipe.schedule.base_lr = 0.1;
    let spoilt = run_and_hear(&recipe, &options(OnNonFinite::Stop), &mut Heard::default());
    let spoilt = spoilt.expect("trains").checkpoint.expect("one");
    // The second checkpoint is whole, and its classifier is so large that every loss overflows.
    spoil(&spoilt);
    let mut heard = Heard::default();
    let options = RunOptions { max_steps: None, ..options(OnNonFinite::RollBack { max: 5 }) };
    let outcome = run_and_hear(&recipe, &options, &mut heard).expect("goes on from the first");
    assert!(outcome.complete);
    let actions: Vec<_> = heard.non_finite.iter().map(|event| event.action).collect();
    assert_eq!(actions, ["rolled back", "rolled back"]);
    let [given_up] = &heard.damaged[..] else { panic!("{:?}", heard.damaged) };
    assert!(given_up.path.ends_with("damaged-step-000000000002"), "{given_up:?}");
    assert!(given_up.reason.contains("diverged from it twice"), "{given_up:?}");
}

#[test]
fn the_best_weights_stay_the_best_when_the_run_goes_back_behind_them() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recipe = recipe();
    recipe.schedule.base_lr = 0.1;
    for steps in [4, 8] {
        let to = RunOptions { max_steps: Some(steps), ..options(folder.path(), OnNonFinite::Stop) };
        run_and_hear(&recipe, &to, &mut Heard::default()).expect("trains");
    }
    // An evaluation that nothing reaches, of weights from which every loss overflows.
    let newest = folder.path().join("checkpoints/step-000000000008");
    let unreached = Best { step: 8, top1: 2.0, loss: Some(0.1) };
    spoil_with(&newest, |position| position.best = Some(unreached));
    let best = folder.path().join("best.safetensors");
    fs::write(&best, b"the weights of then").expect("written");
    let options = options(folder.path(), OnNonFinite::RollBack { max: 5 });
    let mut heard = Heard::default();
    let outcome = run_and_hear(&recipe, &options, &mut heard).expect("goes on from the first");
    assert!(outcome.complete && heard.damaged.len() == 1);
    assert_eq!(outcome.best, Some(unreached));
    assert_eq!(fs::read(&best).expect("there"), b"the weights of then");
}

/// Makes the classifier's weights of a checkpoint huge, with sums that say it is whole.
fn spoil(path: &Path) {
    spoil_with(path, |_position| {});
}

fn spoil_with(path: &Path, change: impl FnOnce(&mut Position)) {
    let mut saved = checkpoint::load(path).expect("whole");
    change(&mut saved.position);
    let mut learner = saved.learner;
    let huge = |data: &TensorData| {
        TensorData::new(vec![1e38_f32; data.num_elements()], data.shape().to_vec())
    };
    let weight = huge(&learner.model["fc.weight"]);
    learner.model.insert("fc.weight".to_owned(), weight);
    let spoilt = Checkpoint { learner, ..saved };
    let store = Store::new(path.parent().and_then(Path::parent).expect("the model folder"));
    store.save(&spoilt, Keep::default()).expect("written");
}

#[test]
fn naming_the_images_of_a_step_asks_for_no_class_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let source = Arc::new(Counted::new());
    let datasets = Datasets { train: source.clone(), validation: images().validation };
    let mut recipe = far_too_fast();
    recipe.data.sampler = Sampler::Balanced;
    let mut heard = Heard::default();
    let options = options(folder.path(), OnNonFinite::Stop);
    train(&recipe, &datasets, &options, &cpu(), &mut heard).expect_err("diverges");
    assert_eq!(heard.non_finite[0].images.len(), 4);
    assert_eq!(source.labels(), source.len());
}
