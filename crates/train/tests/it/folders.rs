//! Whose a model folder is, and what it may go on with.

use std::fs;
use std::sync::Arc;

use resnet_data::SyntheticImages;
use resnet_recipe::Fanout;
use resnet_train::folder::ModelFolder;
use resnet_train::run::{Datasets, RunOptions, evaluate_run, train};
use resnet_train::{TrainError, lock_folder};

use crate::sample::{cpu, images, recipe, run, run_in};

#[test]
fn a_folder_in_use_is_refused_with_the_number_of_the_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let lock = lock_folder(folder.path()).expect("free");
    let error = run_in(folder.path(), &recipe()).expect_err("in use");
    assert!(matches!(error, TrainError::InUse { .. }), "{error}");
    let message = error.to_string();
    assert!(message.contains(&format!("process {}", std::process::id())), "{message}");
    drop(lock);
    run_in(folder.path(), &recipe()).expect("free again");
}

#[test]
fn the_lock_file_of_a_process_that_is_gone_is_no_lock() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::write(folder.path().join("run.lock"), b"1\n").expect("a file");
    run_in(folder.path(), &recipe()).expect("trains");
    let owner = fs::read_to_string(folder.path().join("run.lock")).expect("the file");
    assert_eq!(owner, format!("{}\n", std::process::id()));
}

#[test]
fn a_failed_run_gives_its_folder_back() {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(folder.path(), &recipe()).expect("trains");
    let mut other = recipe();
    other.model.name = "resnet20".to_owned();
    run_in(folder.path(), &other).expect_err("another network");
    lock_folder(folder.path()).expect("free");
}

#[test]
fn a_folder_with_the_names_of_classes_and_no_recipe_is_that_of_a_data_set() {
    let folder = tempfile::tempdir().expect("a folder");
    let names = folder.path().join("classes.json");
    fs::write(&names, "precious").expect("written");
    for fresh in [false, true] {
        let options = RunOptions { fresh, ..RunOptions::new(folder.path()) };
        let error = run(&recipe(), &options).expect_err("a data set");
        assert!(matches!(error, TrainError::FolderOfImages { .. }), "{error}");
    }
    fs::write(folder.path().join("report.html"), "").expect("written");
    let aside = ModelFolder::at(folder.path()).set_aside().expect("moved").expect("a report");
    assert!(aside.join("report.html").exists() && names.exists());
    assert_eq!(fs::read(names).expect("it stays"), b"precious");
}

fn run_on(images: &Datasets, options: &RunOptions) -> Result<u64, TrainError> {
    let outcome = train(&recipe(), images, options, &cpu(), &mut Fanout::default())?;
    Ok(outcome.steps)
}

fn synthetic(len: usize, seed: u64) -> Arc<SyntheticImages> {
    Arc::new(SyntheticImages::new(len, 10, seed).with_side(12))
}

#[test]
fn other_images_are_refused_with_what_differs_and_what_to_pass() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { max_steps: Some(6), ..RunOptions::new(folder.path()) };
    run(&recipe(), &options).expect("trains");
    let cases = [
        (
            Datasets { train: synthetic(18, 1), ..images() },
            "were 17 training images and are now 18",
        ),
        (Datasets { train: synthetic(17, 9), ..images() }, "the training images are others"),
        (Datasets { validation: synthetic(5, 2), ..images() }, "6 validation images and are now 5"),
    ];
    for (others, difference) in cases {
        let options = RunOptions::new(folder.path());
        let error = run_on(&others, &options).expect_err("other images");
        assert!(matches!(error, TrainError::OtherImages { .. }), "{error}");
        let message = error.to_string();
        for part in [difference, "--accept-changed-data", "--fresh"] {
            assert!(message.contains(part), "no `{part}` in {message}");
        }
    }
}

#[test]
fn other_images_are_taken_when_that_is_asked_for() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions { max_steps: Some(6), ..RunOptions::new(folder.path()) };
    run(&recipe(), &options).expect("trains");
    let others = Datasets { train: synthetic(18, 1), ..images() };
    let accepting = RunOptions { accept_changed_data: true, ..RunOptions::new(folder.path()) };
    assert_eq!(run_on(&others, &accepting).expect("goes on"), 12);
    let again = RunOptions::new(folder.path());
    assert_eq!(run_on(&others, &again).expect("these are the run's images now"), 12);
}

#[test]
fn weights_without_a_checkpoint_are_not_written_over() {
    let folder = tempfile::tempdir().expect("a folder");
    run_in(folder.path(), &recipe()).expect("trains");
    fs::remove_dir_all(folder.path().join("checkpoints")).expect("removed");
    let best = folder.path().join("best.safetensors");
    let before = fs::read(&best).expect("weights");
    let error = run_in(folder.path(), &recipe()).expect_err("nothing to continue");
    assert!(matches!(error, TrainError::NothingToContinue { .. }), "{error}");
    assert!(error.to_string().contains("--fresh"), "{error}");
    assert!(fs::read(&best).expect("still there") == before);
    run(&recipe(), &RunOptions { fresh: true, ..RunOptions::new(folder.path()) }).expect("starts");
    let aside = folder.path().join("previous-1/best.safetensors");
    assert!(fs::read(aside).expect("set aside") == before);
}

#[test]
fn evaluating_needs_neither_the_optimizer_nor_the_newest_checkpoint() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = run_in(folder.path(), &recipe()).expect("trains").checkpoint.expect("one");
    fs::remove_file(path.join("optimizer.safetensors")).expect("removed");
    let (_, used) = evaluate_run(folder.path(), images().validation, 1, &cpu()).expect("evaluates");
    assert_eq!(used, path);
    fs::write(path.join("model.safetensors"), b"short").expect("damaged");
    let (_, used) = evaluate_run(folder.path(), images().validation, 1, &cpu()).expect("evaluates");
    assert!(used.ends_with("step-000000000008"), "{}", used.display());
}

#[test]
fn what_is_set_aside_is_everything_that_the_programs_write_and_nothing_else() {
    let folder = tempfile::tempdir().expect("a folder");
    let place = |name: &str| {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, name).expect("written");
    };
    let of_programs = [
        "predictions.csv",
        "findings.json",
        "lr-finder.csv",
        "lr-finder.svg",
        "evaluation-test/figures.json",
        "fold-2/config.toml",
    ];
    let of_others = ["notes.txt", "fold-3/cat.png", "predictions.csv.bak"];
    of_programs.iter().chain(&of_others).for_each(|name| place(name));
    let run = ModelFolder::at(folder.path());
    let lock = lock_folder(&folder.path().join("fold-2")).expect("free");
    let error = run.set_aside().expect_err("a fold is being trained");
    assert!(matches!(error, TrainError::InUse { .. }), "{error}");
    assert!(folder.path().join("predictions.csv").exists(), "nothing is moved then");
    drop(lock);
    let aside = run.set_aside().expect("moved").expect("something was there");
    for name in of_programs {
        assert!(aside.join(name).exists() && !folder.path().join(name).exists(), "{name}");
    }
    assert!(of_others.iter().all(|name| folder.path().join(name).exists()));
    assert_eq!(run.set_aside().expect("readable"), None);
}
