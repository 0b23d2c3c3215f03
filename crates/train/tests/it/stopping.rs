//! Runs that end before their recipe does.

use resnet_train::checkpoint;
use resnet_train::run::RunOptions;
use resnet_train::stopping::{EarlyStop, Ending, Metric};

use crate::sample::{Heard, checkpoint_names, files, recipe, run, run_and_hear, run_in};

#[test]
fn whoever_asks_gets_a_checkpoint_of_that_step_and_goes_on_with_the_same_bytes() {
    let whole = tempfile::tempdir().expect("a folder");
    let expected = run_in(whole.path(), &recipe()).expect("trains").checkpoint.expect("one");
    // Step 4 is the end of an epoch: its evaluation is left to the next session.
    for step in [1, 4, 7] {
        let folder = tempfile::tempdir().expect("a folder");
        let options = RunOptions { log_every: 1, ..RunOptions::new(folder.path()) };
        let mut heard = Heard { stop_at: Some((step, options.stop.clone())), ..Heard::default() };
        let outcome = run_and_hear(&recipe(), &options, &mut heard).expect("stops");
        assert_eq!(outcome.ending, Ending::Requested);
        assert!(outcome.steps == step || outcome.steps == step + 1, "{} steps", outcome.steps);
        assert_eq!(heard.epochs.len() as u64, (step - 1) / 4, "no evaluation after the request");
        let name = format!("step-{:012}", outcome.steps);
        assert_eq!(checkpoint_names(folder.path()).last(), Some(&name));
        let outcome = run_in(folder.path(), &recipe()).expect("goes on");
        assert!(outcome.complete);
        assert!(files(&outcome.checkpoint.expect("one")) == files(&expected), "step {step}");
    }
}

#[test]
fn a_request_before_the_first_step_saves_nothing_and_harms_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    options.stop.request();
    let outcome = run(&recipe(), &options).expect("stops");
    assert_eq!((outcome.ending, outcome.steps), (Ending::Requested, 0));
    assert!(run_in(folder.path(), &recipe()).expect("starts").complete);
}

#[test]
fn a_threshold_that_is_reached_ends_the_run_and_the_next_session_at_once() {
    let folder = tempfile::tempdir().expect("a folder");
    let early_stop = EarlyStop { threshold: Some(0.0), ..EarlyStop::default() };
    let options = RunOptions { early_stop, ..RunOptions::new(folder.path()) };
    let outcome = run(&recipe(), &options).expect("stops");
    assert_eq!((outcome.ending, outcome.steps, outcome.complete), (Ending::Threshold, 4, false));
    let outcome = run(&recipe(), &options).expect("stops again");
    assert_eq!((outcome.ending, outcome.steps), (Ending::Threshold, 4));
    let outcome = run_in(folder.path(), &recipe()).expect("without the rule it goes on");
    assert!(outcome.complete);
}

#[test]
fn a_threshold_out_of_reach_ends_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let metric = Metric::TrainLoss;
    let early_stop = EarlyStop { metric, threshold: Some(0.0), patience: None };
    let options = RunOptions { early_stop, ..RunOptions::new(folder.path()) };
    assert!(run(&recipe(), &options).expect("trains").complete);
}

#[test]
fn a_run_that_learns_nothing_ends_when_patience_does() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut recipe = recipe();
    (recipe.train.epochs, recipe.schedule.base_lr) = (9, 0.0);
    let early_stop =
        EarlyStop { metric: Metric::ValidationTop5, threshold: None, patience: Some(3) };
    let options = RunOptions { early_stop, ..RunOptions::new(folder.path()) };
    // Patience counts over sessions.
    let first = RunOptions { max_steps: Some(8), ..options.clone() };
    assert_eq!(run(&recipe, &first).expect("trains").ending, Ending::StepLimit);
    let outcome = run(&recipe, &options).expect("stops");
    assert_eq!(outcome.ending, Ending::NoProgress);
    let saved = checkpoint::load(&outcome.checkpoint.expect("one")).expect("whole");
    assert!(saved.position.progress.is_some_and(|progress| progress.since_best == 3));
}

#[test]
fn metrics_have_names() {
    assert_eq!("validation.loss".parse::<Metric>().expect("known"), Metric::ValidationLoss);
    let error = "accuracy".parse::<Metric>().expect_err("unknown").to_string();
    assert!(error.contains("accuracy") && error.contains("validation.top1"), "{error}");
}
