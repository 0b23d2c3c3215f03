//! A checkpoint is complete or it does not exist.

use std::fs;
use std::path::Path;

use resnet_recipe::Damaged;
use resnet_train::checkpoint::{self, Best, BestBy, CheckpointError, Keep, Store};
use resnet_train::run::RunOptions;
use sha2::{Digest, Sha256};

use crate::sample::{Heard, checkpoint_names, files, recipe, run, run_and_hear, run_in};

#[test]
fn only_the_newest_are_kept() {
    let folder = tempfile::tempdir().expect("a folder");
    let options =
        RunOptions { keep: Keep { last: 2, ..Keep::default() }, ..RunOptions::new(folder.path()) };
    run(&recipe(), &options).expect("trains");
    let names = checkpoint_names(folder.path());
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

#[cfg(unix)]
#[test]
fn folders_and_files_of_a_run_are_as_readable_as_any_new_ones() {
    use std::os::unix::fs::PermissionsExt;

    let folder = tempfile::tempdir().expect("a folder");
    let (model, plain) = (folder.path().join("model"), folder.path().join("plain"));
    run_in(&model, &recipe()).expect("trains");
    fs::create_dir(&plain).expect("a folder");
    fs::write(plain.join("file"), b"").expect("a file");
    let mode = |path: &Path| fs::metadata(path).expect("it is there").permissions().mode();
    let mut left = vec![model];
    while let Some(path) = left.pop() {
        let other = if path.is_dir() { plain.clone() } else { plain.join("file") };
        assert_eq!(mode(&path), mode(&other), "{}", path.display());
        let inside = path.is_dir().then(|| fs::read_dir(&path).expect("a folder"));
        left.extend(inside.into_iter().flatten().map(|entry| entry.expect("an entry").path()));
    }
}

#[test]
fn a_copy_under_a_name_of_its_own_is_not_taken_for_the_newest() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { max_steps: Some(2), ..RunOptions::new(folder.path()) };
    let early = run(&recipe(), &options).expect("trains").checkpoint.expect("one");
    for name in ["step-best", "step-000000000002-copy"] {
        let copy = early.with_file_name(name);
        fs::create_dir(&copy).expect("a folder");
        for (name, bytes) in files(&early) {
            fs::write(copy.join(name), bytes).expect("copied");
        }
    }
    let steps = |max| RunOptions { max_steps: Some(max), ..options.clone() };
    run(&recipe(), &steps(6)).expect("goes on");
    let mut heard = Heard::default();
    let outcome = run_and_hear(&recipe(), &steps(6), &mut heard).expect("nothing left to do");
    assert_eq!(outcome.steps, 6);
    assert!(outcome.checkpoint.expect("one").ends_with("step-000000000006"));
    assert!(early.with_file_name("step-best").exists(), "a copy is nobody's to remove");
}

#[test]
fn a_file_is_no_checkpoint_whatever_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { max_steps: Some(4), ..RunOptions::new(folder.path()) };
    let early = run(&recipe(), &options).expect("trains").checkpoint.expect("one");
    let strangers = ["step-000000000008", "step-99", "partial-notes", "replaced-step-3"];
    for name in strangers {
        fs::write(early.with_file_name(name), b"a stranger's").expect("a file");
    }
    let found = Store::new(folder.path()).newest_whole(checkpoint::load).expect("listed");
    assert_eq!(found.newest.expect("the folder").0, early);
    let outcome = run_in(folder.path(), &recipe()).expect("goes on, over its own step 8");
    assert_eq!(outcome.steps, 12);
    let names = checkpoint_names(folder.path());
    let kept = ["damaged-step-000000000008", "partial-notes", "replaced-step-3", "step-99"];
    for name in kept {
        assert!(names.iter().any(|found| found == name), "{name} is gone: {names:?}");
        let bytes = fs::read(early.with_file_name(name)).expect("a file");
        assert_eq!(bytes, b"a stranger's");
    }
    checkpoint::load(&early.with_file_name("step-000000000008")).expect("a checkpoint now");
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

/// Stops a run of 12 steps at step 6, with checkpoints of steps 2, 4 and 6, and returns its folder.
fn stopped_half_way() -> (tempfile::TempDir, RunOptions) {
    let folder = tempfile::tempdir().expect("a folder");
    for steps in [2, 4, 6] {
        let options = RunOptions { max_steps: Some(steps), ..RunOptions::new(folder.path()) };
        run(&recipe(), &options).expect("trains");
    }
    let options = RunOptions::new(folder.path());
    (folder, options)
}

fn truncate(path: &Path) {
    let bytes = fs::read(path).expect("a file");
    fs::write(path, &bytes[..bytes.len() / 2]).expect("written");
}

#[test]
fn of_damaged_checkpoints_the_newest_whole_one_is_used_and_the_end_is_the_same() {
    let undisturbed = tempfile::tempdir().expect("a folder");
    let expected = run_in(undisturbed.path(), &recipe()).expect("trains").checkpoint;
    let expected = files(&expected.expect("one"));
    let names = ["model.safetensors", "optimizer.safetensors", "state.json", "SHA256SUMS"];
    for name in names.into_iter().chain(["recipe.toml"]) {
        let (folder, options) = stopped_half_way();
        let checkpoints = folder.path().join("checkpoints");
        truncate(&checkpoints.join("step-000000000006").join(name));
        fs::remove_file(checkpoints.join("step-000000000004/state.json")).expect("removed");
        let mut heard = Heard::default();
        let outcome = run_and_hear(&recipe(), &options, &mut heard).expect("goes on");
        assert_eq!(heard.damaged.len(), 2, "both are reported");
        let Damaged { path, reason } = &heard.damaged[0];
        assert!(reason.contains(name) || name == "SHA256SUMS", "{name}: {reason}");
        assert!(path.ends_with("damaged-step-000000000006") && path.exists(), "{path:?}");
        assert!(files(&outcome.checkpoint.expect("one")) == expected, "{name}");
    }
}

#[test]
fn if_all_are_damaged_each_is_named_and_nothing_is_touched() {
    let (folder, options) = stopped_half_way();
    for name in checkpoint_names(folder.path()) {
        truncate(&folder.path().join("checkpoints").join(name).join("model.safetensors"));
    }
    let error = run(&recipe(), &options).expect_err("all damaged").to_string();
    for step in ["step-000000000002", "step-000000000004", "step-000000000006", "--fresh"] {
        assert!(error.contains(step), "no {step} in {error}");
    }
    assert_eq!(checkpoint_names(folder.path()).len(), 3);
}

#[test]
fn half_written_checkpoints_of_killed_runs_are_cleared_away() {
    let (folder, options) = stopped_half_way();
    let checkpoints = folder.path().join("checkpoints");
    fs::create_dir(checkpoints.join("partial-abc")).expect("a folder");
    fs::write(checkpoints.join("partial-abc/model.safetensors"), b"half").expect("a file");
    run(&recipe(), &options).expect("goes on");
    assert!(!checkpoints.join("partial-abc").exists());
}

#[test]
fn a_checkpoint_whose_replacement_was_interrupted_comes_back() {
    let (folder, options) = stopped_half_way();
    let checkpoints = folder.path().join("checkpoints");
    let replaced = checkpoints.join("replaced-step-000000000006");
    fs::rename(checkpoints.join("step-000000000006"), &replaced).expect("renamed");
    let outcome = run(&recipe(), &RunOptions { max_steps: Some(6), ..options }).expect("is there");
    assert_eq!(outcome.steps, 6);
    assert!(!replaced.exists());
    assert!(outcome.checkpoint.expect("one").ends_with("step-000000000006"));
}

#[test]
fn the_sums_are_those_of_the_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = run_in(folder.path(), &recipe()).expect("trains").checkpoint.expect("one");
    let sums = fs::read_to_string(path.join("SHA256SUMS")).expect("sums");
    assert_eq!(sums.lines().count(), 5);
    for line in sums.lines() {
        let (sum, name) = line.split_once("  ").expect("sum and name");
        let bytes = fs::read(path.join(name)).expect("a file");
        let found = Sha256::digest(&bytes)
            .iter()
            .fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(sum, found, "{name}");
    }
}

#[test]
fn the_best_and_every_nth_stay_beside_the_last() {
    let evaluated = |step, top1, loss| (step, Some(Best { step, top1, loss }));
    let checkpoints = [
        evaluated(1, 0.9, Some(0.7)),
        (2, None),
        evaluated(3, 0.5, Some(0.6)),
        evaluated(4, 0.9, None),
        (5, None),
        (6, None),
    ];
    let chosen_by = |best_by, last, best, every| {
        let kept = Keep { last, best, best_by, every }.choose(&checkpoints);
        kept.into_iter().collect::<Vec<u64>>()
    };
    let chosen = |last, best, every| chosen_by(BestBy::Top1, last, best, every);
    assert_eq!(chosen(2, 0, None), [5, 6]);
    assert_eq!(chosen(0, 0, None), [6], "the newest stays in any case");
    assert_eq!(chosen(1, 1, None), [1, 6], "of equal ones the older");
    assert_eq!(chosen(1, 2, None), [1, 4, 6]);
    assert_eq!(chosen_by(BestBy::Loss, 1, 1, None), [3, 6], "the smallest loss");
    assert_eq!(chosen_by(BestBy::Loss, 1, 2, None), [1, 3, 6], "4 has none that is finite");
    assert_eq!(chosen(1, 0, Some(2)), [2, 4, 6]);
    assert_eq!(chosen(9, 9, Some(0)), [1, 2, 3, 4, 5, 6]);
}

#[test]
fn a_run_keeps_what_it_was_told_to() {
    let folder = tempfile::tempdir().expect("a folder");
    let keep = Keep { last: 1, every: Some(8), ..Keep::default() };
    run(&recipe(), &RunOptions { keep, ..RunOptions::new(folder.path()) }).expect("trains");
    assert_eq!(checkpoint_names(folder.path()), ["step-000000000008", "step-000000000012"]);
}

#[test]
fn a_checkpoint_that_cannot_be_written_ends_the_run_and_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("checkpoints"), b"a file where a folder should be")
        .expect("a file");
    let error = run_in(folder.path(), &recipe()).expect_err("no folder");
    assert!(error.to_string().contains("checkpoints"), "{error}");
}

#[test]
fn best_weights_that_a_killed_run_had_no_time_for_are_written_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { max_steps: Some(4), ..RunOptions::new(folder.path()) };
    run(&recipe(), &options).expect("trains");
    let best = folder.path().join("best.safetensors");
    let expected = fs::read(&best).expect("the first evaluation is the best");
    fs::remove_file(&best).expect("removed");
    run(&recipe(), &options).expect("nothing left to do");
    assert!(fs::read(&best).expect("written again") == expected);
}
