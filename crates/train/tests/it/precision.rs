//! Steps with floats of 16 bits beside those with 32.

use burn::tensor::{Device, TensorData};
use resnet_data::Batch;
use resnet_models::tensors::TensorMap;
use resnet_recipe::{Precision, Recipe, Rule};
use resnet_train::checkpoint;
use resnet_train::learner::{Learner, StepAt};
use resnet_train::loaders::train_loader;
use resnet_train::meter::Meter;

use crate::resume::stop_and_resume;
use crate::sample::{images, recipe, run_in};

fn batches(recipe: &Recipe) -> Vec<Batch> {
    let loader = train_loader(images().train, recipe, 1).expect("a loader");
    loader.epoch(0, 0).collect::<Result<_, _>>().expect("images")
}

/// Losses of the four steps of an epoch, and the last state: in batches of four images rounding soon
/// grows to something else.
fn train(precision: Precision) -> (Vec<f64>, TensorMap, TensorMap) {
    let mut recipe = recipe();
    recipe.train.precision = precision;
    let mut meter = Meter::default();
    let mut learner = Learner::new(&recipe, &Device::flex()).expect("a network");
    for (step, batch) in (0..).zip(batches(&recipe)) {
        learner = learner.step(batch, StepAt { step, lr: 0.02 }, &mut meter);
    }
    let totals = meter.take();
    let losses = totals.iter().map(|totals| totals.cross_entropy / totals.examples).collect();
    let state = learner.state();
    (losses, state.model, state.optimizer)
}

fn values(tensors: &TensorMap) -> impl Iterator<Item = f64> {
    tensors.values().flat_map(|data| data.iter::<f64>().collect::<Vec<_>>())
}

/// The length of the difference, as a share of the length of `wanted`.
fn distance(got: &TensorMap, wanted: &TensorMap) -> f64 {
    let squares = values(got).zip(values(wanted)).map(|(got, wanted)| (got - wanted).powi(2));
    (squares.sum::<f64>() / values(wanted).map(|value| value * value).sum::<f64>()).sqrt()
}

#[test]
fn sixteen_bits_train_as_thirty_two_within_their_rounding() {
    let (wanted_losses, wanted, _) = train(Precision::F32);
    // Of 8 and of 11 significant bits.
    for (precision, first, tolerance) in
        [(Precision::Bf16, 0.01, 0.05), (Precision::F16, 0.001, 0.01)]
    {
        let (losses, model, _) = train(precision);
        let off = (losses[0] - wanted_losses[0]).abs() / wanted_losses[0];
        assert!(off < first, "{precision:?}: the first loss differs by {off}");
        for (step, (loss, wanted)) in losses.iter().zip(&wanted_losses).enumerate() {
            let off = (loss - wanted).abs() / wanted;
            assert!(off < tolerance, "{precision:?}, step {step}: {loss}, {wanted} with 32 bits");
        }
        let off = distance(&model, &wanted);
        assert!(off > 0.0, "{precision:?} has changed nothing: is it in use?");
        assert!(off < tolerance, "{precision:?}: weights differ by {off}");
    }
}

#[test]
fn weights_have_more_bits_than_the_arithmetic() {
    let (_, model, _) = train(Precision::Bf16);
    let exact = |value: f64| (value as f32).to_bits() & 0xffff != 0;
    assert!(model["conv1.weight"].iter::<f64>().any(exact), "no weight needs 32 bits");
}

#[test]
fn a_run_with_a_scaled_loss_resumes_with_the_same_bytes() {
    let mut recipe = recipe();
    recipe.train.precision = Precision::F16;
    recipe.optimizer.rule = Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 };
    stop_and_resume(&recipe);
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = run_in(folder.path(), &recipe).expect("trains");
    let saved = checkpoint::load(&outcome.checkpoint.expect("one")).expect("whole").learner;
    assert!(saved.optimizer.contains_key("loss_scale/scale"));
}

#[test]
fn a_step_whose_gradients_overflow_is_left_out_and_the_factor_halved() {
    let mut recipe = recipe();
    recipe.train.precision = Precision::F16;
    let fresh = || Learner::new(&recipe, &Device::flex()).expect("a network");
    let mut state = fresh().state();
    let scale = TensorData::from([1e30_f32]);
    state.optimizer.insert("loss_scale/scale".to_owned(), scale);
    let learner = fresh().restore(state).expect("its own state");
    let before = learner.state().model;
    let batch = batches(&recipe).remove(0);
    let learner = learner.step(batch, StepAt { step: 0, lr: 0.1 }, &mut Meter::default());
    let after = learner.state();
    let is_weight = |key: &&String| !key.contains("running_");
    assert!(before.keys().filter(is_weight).all(|key| before[key] == after.model[key]));
    assert_eq!(after.optimizer["loss_scale/scale"].iter::<f32>().next(), Some(5e29));
    let remembered = values(&after.model).chain(values(&after.optimizer));
    assert!(remembered.into_iter().all(f64::is_finite), "something infinite is remembered");
}
