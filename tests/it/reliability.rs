//! Runs that are killed, stopped, or short of disk end as if nothing had happened.

use std::process::Output;

use crate::support::{example, slice_of_sample, small_run, stderr, stdout, train_imagenet};

fn kill_test(harm: &str, times: &str) -> Output {
    example("kill_test", &["--epochs", "1", "--harm", harm, "--times", times])
}

/// Expects that the run came to the same end in spite of everything.
fn assert_unharmed(output: &Output) {
    assert!(output.status.success(), "{}\n{}", stdout(output), stderr(output));
    assert!(stdout(output).contains("all the same bytes"), "{}", stdout(output));
}

#[test]
fn a_run_that_is_killed_at_random_moments_ends_with_the_same_bytes() {
    assert_unharmed(&kill_test("kill", "5"));
}

#[test]
fn two_ranks_that_are_killed_at_random_moments_end_with_the_same_bytes() {
    let flags = ["--epochs", "1", "--harm", "kill", "--times", "3", "--ranks", "2"];
    assert_unharmed(&example("kill_test", &flags));
}

#[test]
fn a_run_whose_newest_checkpoint_is_cut_off_ends_with_the_same_bytes() {
    assert_unharmed(&kill_test("truncate", "3"));
}

#[test]
fn a_run_that_is_stopped_by_a_signal_saves_within_ten_seconds_and_ends_with_the_same_bytes() {
    let output = kill_test("term", "3");
    assert_unharmed(&output);
    assert!(stdout(&output).contains("exit code 75"), "{}", stdout(&output));
}

#[test]
fn a_second_interrupt_ends_the_run_at_once_and_harms_nothing() {
    assert_unharmed(&kill_test("interrupt", "3"));
}

#[test]
fn a_full_disk_is_a_clear_error_and_the_run_goes_on_when_there_is_space() {
    let output = kill_test("full-disk", "2");
    if stderr(&output).contains("cannot mount a tmpfs")
        || stderr(&output).contains("cannot run mount")
    {
        eprintln!("skipped: {}", stderr(&output));
        return;
    }
    assert_unharmed(&output);
}

#[test]
fn a_threshold_that_is_reached_is_said_and_no_error() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--train-epochs", "5", "--stop-threshold", "0.01"]);
    let epochs = flags.iter().position(|flag| *flag == "--train-epochs").expect("the first one");
    flags.drain(epochs..epochs + 2);
    let output = train_imagenet(&flags);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("has reached --stop-threshold"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("epoch 5/5"), "{}", stdout(&output));
}

#[test]
fn a_metric_that_does_not_exist_is_refused_with_those_that_do() {
    let output = train_imagenet(&["--stop-metric", "accuracy"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("validation.top1"), "{}", stderr(&output));
}

#[test]
fn other_images_are_refused_with_the_flag_that_accepts_them() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--max-steps", "1"]);
    assert!(train_imagenet(&flags).status.success());
    crate::support::write_shard(data.path(), "train", &crate::support::records(128));
    let output = train_imagenet(&flags);
    assert!(!output.status.success());
    let error = stderr(&output);
    for part in ["640 training images and are now 128", "--accept-changed-data", "--fresh"] {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    flags.extend(["--accept-changed-data"]);
    assert!(train_imagenet(&flags).status.success());
}
