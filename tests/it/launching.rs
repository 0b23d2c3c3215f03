//! The program as launchers start it.

use std::path::Path;
use std::process::{Command, Output};

use crate::support::{example_path, slice_of_sample, small_run, stderr, stdout};

/// Two steps under a launcher that sets these variables; data and model lie in `folder`.
fn launched(folder: &Path, variables: &[(&str, &str)], more: &[&str]) -> Output {
    let (data, model) = (folder.join("data"), folder.join("model"));
    if !data.exists() {
        std::fs::create_dir(&data).expect("a folder");
        slice_of_sample(&data);
    }
    let mut command = Command::new(example_path("train_imagenet"));
    command.args(small_run(&data, &model)).args(["--max-steps", "2"]).args(more);
    command.envs(variables.iter().copied()).output().expect("the example is built")
}

#[test]
fn processes_that_nothing_connects_are_refused_and_the_first_says_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let by_pmi = if cfg!(feature = "mpi") { "but MPI connects 1" } else { "built without MPI" };
    for (size, rank, told) in [
        ("SLURM_STEP_NUM_TASKS", "SLURM_PROCID", "srun started 4 processes but no MPI"),
        ("WORLD_SIZE", "RANK", "started 4 processes but no MPI"),
        ("PMI_SIZE", "PMI_RANK", by_pmi),
    ] {
        for (number, speaks) in [("0", true), ("3", false)] {
            let output = launched(folder.path(), &[(size, "4"), (rank, number)], &[]);
            assert_eq!(output.status.code(), Some(1), "{size}: {}", stdout(&output));
            let error = stderr(&output);
            assert_eq!(error.contains(told), speaks, "{size}, {rank} {number}: {error}");
            assert_eq!(error.lines().count(), usize::from(speaks), "{error}");
        }
    }
    assert!(!folder.path().join("model").exists(), "nothing was trained");
}

#[test]
fn a_step_of_one_process_trains_with_and_without_mpi() {
    let folder = tempfile::tempdir().expect("a folder");
    for size in ["PMI_SIZE", "SLURM_STEP_NUM_TASKS", "WORLD_SIZE"] {
        let output = launched(folder.path(), &[(size, "1")], &[]);
        assert!(output.status.success(), "{size}: {}", stderr(&output));
    }
}

#[test]
fn what_one_device_does_is_refused_to_several() {
    let folder = tempfile::tempdir().expect("a folder");
    for flag in ["--find-lr", "--eval-only"] {
        let output = launched(folder.path(), &[("PMI_SIZE", "2"), ("PMI_RANK", "0")], &[flag]);
        let told = format!("error: {flag} is for one process and one device: start it without");
        assert!(stderr(&output).starts_with(&told), "{}", stderr(&output));
        let output = launched(folder.path(), &[], &[flag, "--num-gpus", "2"]);
        assert!(stderr(&output).contains("leave --num-gpus out"), "{}", stderr(&output));
    }
    assert!(!folder.path().join("model").exists(), "nothing was written");
}

/// They have no folder: it would stay behind where a rank is ended.
#[test]
fn ranks_other_than_0_write_no_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let nowhere = [("TMPDIR", "/nowhere")];
    let output = launched(folder.path(), &nowhere, &["--num-gpus", "2"]);
    assert!(output.status.success(), "{}", stderr(&output));
}
