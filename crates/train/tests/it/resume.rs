//! A run that is stopped and resumed ends with the same bytes as one that is not.

use resnet_recipe::{Recipe, Rule};
use resnet_train::TrainError;
use resnet_train::run::RunOptions;

use crate::sample::{files, recipe, run, run_in, with_everything};

const TOTAL_STEPS: u64 = 12;

#[test]
fn stopping_at_any_step_changes_no_byte() {
    stop_and_resume(&recipe());
}

#[test]
fn neither_does_it_with_mixing_accumulation_and_a_running_mean() {
    stop_and_resume(&with_everything(Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 }));
}

pub(crate) fn stop_and_resume(recipe: &Recipe) {
    let whole = tempfile::tempdir().expect("a folder");
    let outcome = run_in(whole.path(), recipe).expect("trains");
    assert!(outcome.complete);
    let expected = files(&outcome.checkpoint.expect("a checkpoint"));
    for stop in [1, 4, 6, 11] {
        let folder = tempfile::tempdir().expect("a folder");
        // Reports at other steps, other threads: nothing of that may show.
        let options = RunOptions {
            max_steps: Some(stop),
            log_every: 1,
            workers: 1,
            ..RunOptions::new(folder.path())
        };
        let outcome = run(recipe, &options).expect("trains");
        assert_eq!((outcome.steps, outcome.complete), (stop, false));
        let options = RunOptions { max_steps: None, log_every: 5, workers: 2, ..options };
        let outcome = run(recipe, &options).expect("continues");
        assert_eq!((outcome.steps, outcome.complete), (TOTAL_STEPS, true));
        let got = files(&outcome.checkpoint.expect("a checkpoint"));
        assert_eq!(got.len(), expected.len());
        for (got, expected) in got.iter().zip(&expected) {
            assert!(got == expected, "{} differs after stopping at step {stop}", got.0);
        }
    }
}

#[test]
fn a_complete_run_has_nothing_left_to_do() {
    let folder = tempfile::tempdir().expect("a folder");
    let first = run_in(folder.path(), &recipe()).expect("trains");
    let again = run_in(folder.path(), &recipe()).expect("is complete");
    assert_eq!((again.steps, again.complete), (TOTAL_STEPS, true));
    assert_eq!(again.best, first.best);
    assert!(again.last.is_none(), "no epoch was trained");
}

#[test]
fn another_architecture_is_refused_and_the_checkpoint_stays() {
    let folder = tempfile::tempdir().expect("a folder");
    let outcome = run_in(folder.path(), &recipe()).expect("trains");
    let mut other = recipe();
    other.model.name = "resnet20".to_owned();
    let error = run_in(folder.path(), &other).expect_err("another network");
    assert!(matches!(error, TrainError::OtherRun { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains("model.name was resnet8 and is now resnet20"), "{message}");
    assert!(message.contains("--fresh"), "{message}");
    assert!(outcome.checkpoint.expect("a checkpoint").join("model.safetensors").exists());
}

#[test]
fn starting_fresh_sets_the_old_run_aside() {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(folder.path(), &recipe()).expect("trains");
    let options = RunOptions { fresh: true, ..RunOptions::new(folder.path()) };
    let mut other = recipe();
    other.model.name = "resnet20".to_owned();
    run(&other, &options).expect("starts over");
    let previous = folder.path().join("previous-1");
    assert!(previous.join("checkpoints").exists() && previous.join("metrics.jsonl").exists());
}
