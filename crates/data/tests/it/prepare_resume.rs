//! Stopping, being killed, and going on.

use std::fs;
use std::ops::ControlFlow;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use resnet_data::prepare::{Event, PrepareError, PrepareOptions, Shards, prepare};

use crate::prepare_support::{FakeImageNet, files, options, prepared, run, shards};
use crate::support::assert_says;

/// Names the raw and the output folder for [`the_process_that_is_killed`].
const RAW: &str = "PREPARE_TEST_RAW";
const OUT: &str = "PREPARE_TEST_OUT";

fn reference(raw: &Path) {
    FakeImageNet::new().write_reference(raw);
}

/// Prepares until `shards` shards are made.
fn stop_after(shards: usize, raw: &Path, out: &Path) -> PrepareError {
    let left = AtomicUsize::new(shards);
    let observer = |event: &Event<'_>| match event {
        Event::Shard(_) if left.fetch_sub(1, Ordering::SeqCst) == 1 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    };
    let options = PrepareOptions { threads: 1, ..options() };
    prepare(raw, out, &options, &observer).expect_err("it should stop")
}

#[test]
fn a_run_that_stopped_after_any_shard_ends_with_the_same_bytes() {
    let whole = prepared(reference, &options());
    for stop in 1..=6 {
        let out = tempfile::tempdir().unwrap();
        let error = stop_after(stop, whole.raw.path(), out.path());
        assert!(matches!(error, PrepareError::Stopped));
        assert_eq!(shards(out.path(), "").len(), stop);
        assert!(!out.path().join("dataset.json").exists());
        let kept = AtomicUsize::new(0);
        let observer = |event: &Event<'_>| {
            if let Event::Kept { shards, .. } = event {
                kept.store(*shards, Ordering::SeqCst);
            }
            ControlFlow::Continue(())
        };
        prepare(whole.raw.path(), out.path(), &options(), &observer).unwrap();
        assert_eq!(kept.into_inner(), stop);
        assert!(files(out.path()) == files(whole.out.path()), "after {stop} shards");
    }
}

#[test]
fn what_a_killed_run_left_half_written_is_removed() {
    let whole = prepared(reference, &options());
    let out = tempfile::tempdir().unwrap();
    stop_after(2, whole.raw.path(), out.path());
    // Killed between the report of a shard and its name; and within a shard.
    let work = out.path().join(".prepare");
    fs::remove_file(&shards(out.path(), "train")[1]).unwrap();
    fs::write(work.join("train-00002-of-00004.part"), "torn").unwrap();
    run(whole.raw.path(), out.path(), &options()).unwrap();
    assert!(files(out.path()) == files(whole.out.path()));
    let left: Vec<_> = fs::read_dir(work).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left, ["lock"]);
}

#[test]
fn shards_that_are_gone_or_cut_short_are_made_again() {
    let whole = prepared(reference, &options());
    let expected = files(whole.out.path());
    fs::remove_file(&shards(whole.out.path(), "train")[2]).unwrap();
    fs::write(&shards(whole.out.path(), "validation")[0], "half a copy").unwrap();
    let stopped = stop_after(1, whole.raw.path(), whole.out.path());
    assert!(matches!(stopped, PrepareError::Stopped));
    assert!(!whole.out.path().join("dataset.json").exists(), "it is not complete now");
    run(whole.raw.path(), whole.out.path(), &options()).unwrap();
    assert!(files(whole.out.path()) == expected);
}

#[test]
fn a_second_run_on_the_same_folder_refuses() {
    let whole = prepared(reference, &options());
    let out = tempfile::tempdir().unwrap();
    let second = |event: &Event<'_>| {
        if matches!(event, Event::Kept { .. }) {
            let error = run(whole.raw.path(), out.path(), &options()).unwrap_err();
            let process = format!("process {}", std::process::id());
            assert_says(&error.to_string(), &[&process, "wait for it", "another folder"]);
        }
        ControlFlow::Continue(())
    };
    prepare(whole.raw.path(), out.path(), &options(), &second).unwrap();
    assert!(files(out.path()) == files(whole.out.path()));
}

#[test]
fn the_lock_of_a_dead_process_is_taken_over() {
    let whole = prepared(reference, &options());
    let out = tempfile::tempdir().unwrap();
    fs::create_dir(out.path().join(".prepare")).unwrap();
    fs::write(out.path().join(".prepare/lock"), "123456789\n").unwrap();
    run(whole.raw.path(), out.path(), &options()).unwrap();
    let lock = fs::read_to_string(out.path().join(".prepare/lock")).unwrap();
    assert_eq!(lock, format!("{}\n", std::process::id()));
}

#[test]
fn a_folder_is_not_continued_with_other_options_or_images() {
    let whole = prepared(reference, &options());
    let refused = |options: &PrepareOptions, words: &[&str]| {
        let error = run(whole.raw.path(), whole.out.path(), options).unwrap_err().to_string();
        assert_says(&error, words);
        assert_says(&error, &["choose another output folder"]);
    };
    refused(&PrepareOptions { seed: 9, ..options() }, &["seed is 0 there and 9 here"]);
    let shards = Shards::Count(3);
    let count = ["train_shards is 4 there and 3 here"];
    refused(&PrepareOptions { train_shards: shards, ..options() }, &count);
    let annotations = tempfile::tempdir().unwrap();
    let boxes = Some(annotations.path().to_owned());
    refused(&PrepareOptions { boxes, ..options() }, &["boxes is false there and true here"]);
    fs::copy(
        whole.raw.path().join("train/n01440764/n01440764_1.JPEG"),
        whole.raw.path().join("train/n01440764/n01440764_2.JPEG"),
    )
    .unwrap();
    refused(&options(), &["listing_sha256"]);
}

#[test]
fn shards_of_another_program_are_not_overwritten() {
    let whole = prepared(reference, &options());
    let out = tempfile::tempdir().unwrap();
    fs::write(out.path().join("train-00000-of-01024"), "precious").unwrap();
    let error = run(whole.raw.path(), out.path(), &options()).unwrap_err().to_string();
    assert_says(&error, &["train-00000-of-01024", "choose another output folder"]);
    assert_eq!(fs::read(out.path().join("train-00000-of-01024")).unwrap(), b"precious");
}

#[test]
fn the_names_of_other_classes_are_not_overwritten() {
    let whole = prepared(reference, &options());
    let names = whole.raw.path().join("classes.json");
    fs::write(&names, "precious").unwrap();
    let error = run(whole.raw.path(), whole.raw.path(), &options()).unwrap_err().to_string();
    assert_says(&error, &["classes.json", "choose another output folder"]);
    assert_eq!(fs::read(names).unwrap(), b"precious");
}

/// One image a shard, so that there are many moments to be killed at.
fn many_shards() -> PrepareOptions {
    PrepareOptions {
        train_shards: Shards::Count(15),
        validation_shards: Shards::Count(6),
        ..options()
    }
}

/// Runs in a process of its own for the tests below; alone it does nothing.
#[test]
fn the_process_that_is_killed() {
    let (Some(raw), Some(out)) = (std::env::var_os(RAW), std::env::var_os(OUT)) else { return };
    let pause = |_: &Event<'_>| {
        std::thread::sleep(Duration::from_millis(2));
        ControlFlow::Continue(())
    };
    if let Err(error) = prepare(Path::new(&raw), Path::new(&out), &many_shards(), &pause) {
        panic!("{error}");
    }
}

/// The test above as a process, started by `sh` after `first`.
#[cfg(unix)]
fn process(raw: &Path, out: &Path, first: &str) -> Child {
    let program = std::env::current_exe().unwrap();
    Command::new("sh")
        .args(["-c", &format!("{first} exec \"$0\" \"$@\"")])
        .arg(program)
        .args(["--exact", "prepare_resume::the_process_that_is_killed", "--nocapture"])
        .envs([(RAW, raw), (OUT, out)])
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_again_and_again_ends_with_the_same_bytes() {
    let whole = prepared(reference, &many_shards());
    let out = tempfile::tempdir().unwrap();
    let mut killed = 0;
    for milliseconds in [5, 15, 25, 35, 45] {
        let mut child = process(whole.raw.path(), out.path(), "");
        let start = Instant::now();
        // Counted from the first sign of life, so that the machine's speed matters less.
        while !out.path().join(".prepare").exists() && start.elapsed().as_secs() < 10 {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(milliseconds));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        for shard in shards(out.path(), "") {
            let name = shard.file_name().unwrap().to_str().unwrap().to_owned();
            assert!(fs::read(&shard).unwrap() == files(whole.out.path())[&name], "{name} is torn");
        }
    }
    assert!(killed > 0, "no process was still running when it was to be killed");
    run(whole.raw.path(), out.path(), &many_shards()).unwrap();
    assert!(files(out.path()) == files(whole.out.path()));
}

#[cfg(unix)]
#[test]
fn a_disk_that_is_full_stops_with_the_name_of_the_shard_and_leaves_no_half_of_it() {
    let whole = prepared(reference, &many_shards());
    let out = tempfile::tempdir().unwrap();
    // No file may grow beyond one block: the system refuses the write as on a full disk.
    let child = process(whole.raw.path(), out.path(), "trap '' XFSZ; ulimit -f 3;");
    let output = child.wait_with_output().unwrap();
    assert!(!output.status.success());
    let message = String::from_utf8_lossy(&output.stderr);
    assert_says(&message, &["cannot write", "-of-", "Free space", "start again"]);
    assert!(!out.path().join("dataset.json").exists());
    let left = fs::read_dir(out.path().join(".prepare")).unwrap();
    let torn = left.filter(|e| e.as_ref().unwrap().path().extension().is_some_and(|e| e == "part"));
    assert_eq!(torn.count(), 0);
    run(whole.raw.path(), out.path(), &many_shards()).unwrap();
    assert!(files(out.path()) == files(whole.out.path()));
}

#[test]
fn a_folder_is_not_continued_with_the_boxes_of_other_annotations() {
    let (raw, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    reference(raw.path());
    let annotations = tempfile::tempdir().unwrap();
    let with_boxes = || PrepareOptions { boxes: Some(annotations.path().to_owned()), ..options() };
    let annotation = annotations.path().join("val/ILSVRC2012_val_00000002.xml");
    let text = "<annotation><size><width>50</width><height>50</height></size></annotation>";
    crate::prepare_support::write(&annotation, text.as_bytes());
    run(raw.path(), out.path(), &with_boxes()).unwrap();
    run(raw.path(), out.path(), &with_boxes()).unwrap();
    fs::write(&annotation, text.replace("50", "500")).unwrap();
    let error = run(raw.path(), out.path(), &with_boxes()).unwrap_err().to_string();
    assert_says(&error, &["boxes_sha256", "choose another output folder"]);
}
