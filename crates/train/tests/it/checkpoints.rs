//! A checkpoint is complete or it does not exist.

use std::fs;

use resnet_train::checkpoint::{self, CheckpointError, Keep, Store};
use resnet_train::run::RunOptions;

use crate::sample::{recipe, run, run_in};

#[test]
fn only_the_newest_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        RunOptions { keep: Keep { last: 2, ..Keep::default() }, ..RunOptions::new(folder.path()) };
    run(&recipe(), &options).expect("trains");
    let checkpoints = folder.path().join("checkpoints");
    let mut names: Vec<String> = fs::read_dir(&checkpoints)
        .expect("checkpoints")
        .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["step-000000000008", "step-000000000012"]);
}

#[test]
fn what_a_killed_run_left_half_written_is_not_taken_for_a_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(folder.path(), &recipe()).expect("trains");
    let partial = folder.path().join("checkpoints/partial-abc");
    fs::create_dir(&partial).expect("a folder");
    fs::write(partial.join("model.safetensors"), b"half").expect("a file");
    let found = Store::new(folder.path()).newest_whole(checkpoint::load).expect("listed");
    let (newest, _) = found.newest.expect("there is one");
    assert!(newest.ends_with("step-000000000012"), "{}", newest.display());
}

#[test]
fn a_damaged_file_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = run_in(folder.path(), &recipe()).expect("trains").checkpoint.expect("one");
    fs::write(path.join("model.safetensors"), b"short").expect("damaged");
    let error = checkpoint::load(&path).expect_err("damaged");
    assert!(error.to_string().contains("model.safetensors"), "{error}");
    fs::write(path.join("state.json"), b"{}").expect("damaged");
    let error = checkpoint::load(&path).expect_err("damaged");
    assert!(matches!(error, CheckpointError::Damaged { .. }), "{error}");
    assert!(error.to_string().contains("state.json"), "{error}");
}

#[test]
fn a_checkpoint_of_a_newer_program_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = run_in(folder.path(), &recipe()).expect("trains").checkpoint.expect("one");
    let state = fs::read_to_string(path.join("state.json")).expect("the state");
    let newer = state.replace("\"format\": 2", "\"format\": 99");
    fs::write(path.join("state.json"), newer).expect("written");
    let error = checkpoint::load(&path).expect_err("newer");
    assert!(matches!(error, CheckpointError::Newer { found: 99, .. }), "{error}");
}
