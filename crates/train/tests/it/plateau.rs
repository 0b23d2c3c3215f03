//! A learning rate that falls when evaluations stop getting better.

use std::fs;

use resnet_recipe::{Decay, Plateau, Recipe, Watch};
use resnet_train::run::RunOptions;

use crate::resume::stop_and_resume;
use crate::sample::{recipe, run};

/// No loss is below zero: every evaluation but the first is one without progress.
fn on_a_plateau() -> Recipe {
    let (watch, patience, threshold) = (Watch::CrossEntropy, 0, 1.0);
    let rule = Plateau { watch, patience, threshold, ..Plateau::default() };
    let mut recipe = recipe();
    recipe.schedule.decay = Decay::ReduceOnPlateau(rule);
    recipe
}

#[test]
fn the_rate_falls_after_an_evaluation_without_progress() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { log_every: 1, workers: 1, ..RunOptions::new(folder.path()) };
    run(&on_a_plateau(), &options).expect("trains");
    let text = fs::read_to_string(folder.path().join("metrics.csv")).expect("metrics");
    let column =
        text.lines().next().expect("a header").split(',').position(|c| c == "learning_rate");
    let column = column.expect("a column of rates");
    let steps = text.lines().filter(|line| line.starts_with("step,"));
    let rates: Vec<f64> = steps
        .map(|line| line.split(',').nth(column).expect("a cell").parse().expect("a rate"))
        .collect();
    let peak = on_a_plateau().peak_lr();
    assert_eq!(rates[4..8], [peak; 4], "after the first evaluation");
    for rate in &rates[8..] {
        assert!((rate - 0.1 * peak).abs() < 1e-15, "after the second: {rates:?}");
    }
    assert_eq!(rates.len(), 12);
}

#[test]
fn stopping_at_any_step_changes_no_byte_on_a_plateau() {
    stop_and_resume(&on_a_plateau());
}
