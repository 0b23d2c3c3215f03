//! `deploy/slurm.sh` and `deploy/mpirun.sh`, with programs of the test in the place of Slurm's and Open MPI's.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;
use std::thread;
use std::time::Duration;

/// A program in `folder` that says what it was asked and goes on with `body`.
fn pretend(folder: &Path, name: &str, body: &str) {
    let path = folder.join(name);
    let said = folder.join("said").display().to_string();
    fs::write(&path, format!("#!/bin/sh\necho \"{name} $*\" >> '{said}'\n{body}\n"))
        .expect("a script");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("executable");
}

/// A script of the folder `deploy` that finds the programs in `folder` first.
fn deployed(script: &str, folder: &Path) -> Command {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(script);
    let path = format!("{}:{}", folder.display(), std::env::var("PATH").expect("a path"));
    let mut bash = Command::new("bash");
    bash.arg(script).args(["--model-dir", "/runs/with a space"]).env("PATH", path);
    bash
}

/// What the script says to Slurm when the run ends with `code`, and how it ends itself.
fn batch(code: i32) -> (String, Option<i32>) {
    let folder = tempfile::tempdir().expect("a folder");
    pretend(folder.path(), "srun", &format!("exit {code}"));
    pretend(folder.path(), "scontrol", "");
    let mut bash = deployed("slurm.sh", folder.path());
    let status = bash.env("SLURM_JOB_ID", "17").status().expect("bash");
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

#[test]
fn a_job_under_mpirun_that_is_told_to_end_saves_first() {
    let folder = tempfile::tempdir().expect("a folder");
    // As Open MPI does: it passes SIGUSR1 on, and the ranks need a while to save.
    let body =
        "trap 'sleep 0.5; exit 75' USR1\necho ready >> $0.said\nwhile :; do sleep 0.05; done";
    pretend(folder.path(), "mpirun", body);
    let mut job = deployed("mpirun.sh", folder.path()).spawn().expect("bash");
    while !folder.path().join("mpirun.said").exists() {
        thread::sleep(Duration::from_millis(20));
    }
    let kill = Command::new("kill").args(["-TERM", &job.id().to_string()]).status();
    assert!(kill.expect("kill").success());
    assert_eq!(job.wait().expect("its end").code(), Some(75));
}

#[test]
fn a_job_under_mpirun_ends_as_its_ranks_do() {
    for code in [0, 1, 75] {
        let folder = tempfile::tempdir().expect("a folder");
        pretend(folder.path(), "mpirun", &format!("exit {code}"));
        let status = deployed("mpirun.sh", folder.path()).status().expect("bash");
        assert_eq!(status.code(), Some(code));
        let said = fs::read_to_string(folder.path().join("said")).expect("it was asked");
        assert_eq!(said, "mpirun --model-dir /runs/with a space\n");
    }
}
