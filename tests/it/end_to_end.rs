//! From shards to a trained model, through the library.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use resnet::data::{ImageRecords, LabelRange, Split};
use resnet::recipe::Span;
use resnet::{
    Datasets, DeviceChoice, Fanout, Outcome, Recipe, RunOptions, choose_device, evaluate_run,
    presets, train,
};
use serde_json::Value;

use crate::support::slice_of_sample;

fn recipe(epochs: u64) -> Recipe {
    let mut recipe = presets::fashion_mnist_sample();
    (recipe.train.epochs, recipe.train.batch_size) = (epochs, 64);
    (recipe.schedule.base_lr, recipe.schedule.warmup.length) = (0.4, Span::Epochs(0.0));
    recipe
}

fn images(folder: &Path) -> Datasets {
    let open = |split| {
        let records = ImageRecords::open(folder, split, LabelRange::imagenet(10));
        Arc::new(records.expect("shards"))
    };
    Datasets { train: open(Split::Train), validation: open(Split::Validation) }
}

fn run(recipe: &Recipe, data: &Path, model: &Path) -> Outcome {
    let cpu = choose_device(DeviceChoice::Cpu).expect("the CPU");
    let options = RunOptions { log_every: 5, ..RunOptions::new(model) };
    train(recipe, &images(data), &options, &cpu, &mut Fanout::default()).expect("trains")
}

/// The lines of `metrics.jsonl` with this event.
fn events(model: &Path, event: &str) -> Vec<Value> {
    let text = fs::read_to_string(model.join("metrics.jsonl")).expect("metrics");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    lines.filter(|line| line["event"] == event).collect()
}

#[test]
fn two_epochs_on_a_slice_of_the_sample_learn_and_leave_everything_behind() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let outcome = run(&recipe(2), data.path(), model.path());
    assert!(outcome.complete);
    assert_eq!(outcome.steps, 20, "640 images make 10 batches of 64");

    let epochs = events(model.path(), "epoch");
    let loss = |epoch: &Value| epoch["train"]["cross_entropy"].as_f64().expect("a loss");
    assert!(loss(&epochs[1]) < 0.9 * loss(&epochs[0]), "{epochs:?}");
    assert_eq!(epochs[1]["validation"]["images"], 300, "every validation image once");

    for name in ["config.toml", "metrics.jsonl", "best.safetensors"] {
        assert!(model.path().join(name).exists(), "{name}");
    }
    let config = fs::read_to_string(model.path().join("config.toml")).expect("config");
    assert_eq!(Recipe::from_toml(&config).expect("a recipe"), recipe(2));
    let checkpoint = outcome.checkpoint.expect("a checkpoint");
    let files = ["model.safetensors", "optimizer.safetensors", "recipe.toml", "state.json"];
    for name in files.into_iter().chain(["SHA256SUMS"]) {
        assert!(checkpoint.join(name).exists(), "{name}");
    }
}

#[test]
fn a_longer_recipe_continues_where_the_shorter_one_ended() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    run(&recipe(1), data.path(), model.path());
    let outcome = run(&recipe(2), data.path(), model.path());
    assert!(outcome.complete);
    assert_eq!(outcome.last.expect("an epoch").epoch, 2);
    let starts = events(model.path(), "start");
    assert_eq!(starts[0]["resumed_at_step"], Value::Null);
    assert_eq!(starts[1]["resumed_at_step"], 10);
    let steps = events(model.path(), "step");
    let rate = |step: &Value| step["learning_rate"].as_f64().expect("a rate");
    let expected = recipe(2).lr_schedule(10).at(19);
    assert_eq!(rate(steps.last().expect("a step")), expected);
}

#[test]
fn a_finished_run_evaluates_to_the_accuracy_it_reported() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let outcome = run(&recipe(1), data.path(), model.path());
    let cpu = choose_device(DeviceChoice::Cpu).expect("the CPU");
    let validation = images(data.path()).validation;
    let (evaluation, _) = evaluate_run(model.path(), validation, 1, &cpu).expect("evaluates");
    let reported = outcome.last.and_then(|epoch| epoch.validation).expect("an evaluation");
    assert_eq!(evaluation.averages, reported.averages);
}
