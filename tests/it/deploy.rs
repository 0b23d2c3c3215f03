//! `deploy/slurm.sh`, with programs of the test in the place of Slurm's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

/// A program in `folder` that says what it was asked and ends with `code`.
fn pretend(folder: &Path, name: &str, code: i32) {
    let path = folder.join(name);
    let said = folder.join("said").display().to_string();
    fs::write(&path, format!("#!/bin/sh\necho \"{name} $*\" >> '{said}'\nexit {code}\n"))
        .expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// What the script says to Slurm when the run ends with `code`, and how it ends itself.
fn batch(code: i32) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    pretend(folder.path(), "srun", code);
    pretend(folder.path(), "scontrol", 0);
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy/slurm.sh");
    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").expect("a path"));
    let mut bash = Command::new("bash");
    bash.arg(script).args(["--model-dir", "/runs/with a space"]);
    let status = bash.env("PATH", path).env("SLURM_JOB_ID", "17").status().expect("bash");
    let said = fs::read_to_string(folder.path().join("said")).expect("something was asked");
    (said, status.code())
}

#[test]
fn a_job_that_was_stopped_queues_again_and_one_that_ended_or_failed_does_not() {
    let srun = "srun --mpi=pmix --kill-on-bad-exit=1 train_imagenet --device cuda \
                --model-dir /runs/with a space\n";
    assert_eq!(batch(75), (format!("{srun}scontrol requeue 17\n"), Some(75)));
    assert_eq!(batch(0), (srun.to_owned(), Some(0)));
    assert_eq!(batch(1), (srun.to_owned(), Some(1)));
}
