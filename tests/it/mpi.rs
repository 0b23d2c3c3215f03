//! Ranks as processes under `mpirun`: `cargo test --release --features mpi --test it mpi`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use resnet::training::checkpoint;
use tempfile::TempDir;

use crate::support::{example_path, stderr};

/// 20 steps in an epoch, with BatchNorm over all ranks.
const FLAGS: [&str; 18] = [
    "--device",
    "cpu",
    "--image-size",
    "14",
    "--batch-size",
    "128",
    "--train-epochs",
    "1",
    "--base-lr",
    "0.2",
    "--warmup-epochs",
    "0",
    "--checkpoint-every",
    "5",
    "--workers",
    "1",
    "--sync-batch-norm",
    "--model-dir",
];

fn training(ranks: usize, model: &Path, more: &[&str]) -> Child {
    let program = example_path("train_imagenet");
    let mut command = match ranks {
        1 => Command::new(program),
        _ => {
            let mut mpirun = Command::new("mpirun");
            // As many threads as one process has: how sums are cut depends on it.
            mpirun.args(["--bind-to", "none", "-np", &ranks.to_string()]).arg(program);
            mpirun
        }
    };
    // Containers have one user and few processors.
    command.envs([
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ]);
    command.args(FLAGS).arg(model).args(more).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("mpirun is installed where the feature `mpi` is built")
}

fn trained(ranks: usize, model: &Path, more: &[&str]) {
    let output = training(ranks, model, more).wait_with_output().expect("an end");
    assert!(output.status.success(), "{ranks} ranks: {}", stderr(&output));
}

fn newest(model: &Path) -> PathBuf {
    let entries = std::fs::read_dir(model.join("checkpoints")).expect("checkpoints");
    let names = entries.map(|entry| entry.expect("an entry").path());
    names.filter(|path| path.is_dir()).max().expect("a checkpoint")
}

type Weights = BTreeMap<String, Vec<f64>>;

fn weights(model: &Path) -> Weights {
    let saved = checkpoint::load(&newest(model)).expect("whole").learner.model;
    saved.iter().map(|(name, data)| (name.clone(), data.iter::<f64>().collect())).collect()
}

/// Largest difference relative to the largest value of each tensor.
fn difference(found: &Weights, expected: &Weights) -> f64 {
    let of_tensor = |(name, expected): (&String, &Vec<f64>)| {
        let largest = expected.iter().fold(0.0_f64, |most, value| most.max(value.abs()));
        let pairs = found[name].iter().zip(expected);
        pairs.fold(0.0_f64, |most, (a, b)| most.max((a - b).abs())) / largest
    };
    expected.iter().map(of_tensor).fold(0.0, f64::max)
}

/// A run of 20 steps, with other numbers of ranks from step to step; `by` starts it.
fn run(by: fn(usize, &Path, &[&str]), model: &Path, ranks: &[(usize, &str)]) -> Weights {
    ranks.iter().for_each(|(ranks, steps)| by(*ranks, model, &["--max-steps", steps]));
    weights(model)
}

/// Ranks that are threads of one process.
fn trained_by_threads(ranks: usize, model: &Path, more: &[&str]) {
    trained(1, model, &[&["--num-gpus", &ranks.to_string()], more].concat());
}

/// Threads end where one process ends, within 1e-6 (`ranks` in the tests of resnet-train).
#[test]
fn processes_end_where_as_many_threads_end() {
    for ranks in [&[(2, "20")][..], &[(2, "7"), (1, "13"), (2, "20")]] {
        let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
        let [threads, processes, again] = folders.each_ref().map(TempDir::path);
        let of_threads = run(trained_by_threads, threads, ranks);
        assert!(run(trained, processes, ranks) == of_threads, "{ranks:?}");
        assert!(run(trained, again, ranks) == of_threads, "{ranks:?}, once more");
    }
}

#[test]
fn two_processes_take_the_steps_of_one() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [one, two] = folders.each_ref().map(TempDir::path);
    // Until a rounding error opens a ReLU that is closed in the other run.
    let one = run(trained, one, &[(1, "2")]);
    let apart = difference(&run(trained, two, &[(2, "2")]), &one);
    assert!(apart < 1e-5, "{apart}");
}

/// The processes that `mpirun` started.
fn ranks_of(mpirun: &Child) -> Vec<String> {
    let output = Command::new("pgrep").args(["-P", &mpirun.id().to_string()]).output();
    let output = output.expect("pgrep");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The end of a job of which a rank is killed once it has a checkpoint.
fn killed(model: &Path) -> Output {
    let job = training(2, model, &["--checkpoint-every", "1"]);
    while !model.join("checkpoints").exists() || newest_step(model) < 3 {
        std::thread::sleep(Duration::from_millis(20));
    }
    let ranks = ranks_of(&job);
    let last = ranks.last().expect("ranks");
    let kill = Command::new("kill").args(["-9", last]).status().expect("kill");
    assert!(kill.success());
    job.wait_with_output().expect("an end")
}

fn newest_step(model: &Path) -> u64 {
    let entries = std::fs::read_dir(model.join("checkpoints")).expect("checkpoints");
    let steps = entries.filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        name.strip_prefix("step-")?.parse().ok()
    });
    steps.max().unwrap_or(0)
}

#[test]
fn a_killed_process_ends_the_job_in_time_and_the_same_command_goes_on() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [whole, harmed] = folders.each_ref().map(TempDir::path);
    trained(2, whole, &[]);
    let start = Instant::now();
    let output = killed(harmed);
    assert!(!output.status.success() && start.elapsed() < Duration::from_secs(120));
    assert!(stderr(&output).contains("signal 9"), "{}", stderr(&output));
    trained(2, harmed, &[]);
    assert_eq!(weights(harmed), weights(whole));
}

#[test]
fn num_gpus_under_mpirun_is_refused_by_every_process() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = training(2, folder.path(), &["--num-gpus", "2"]).wait_with_output();
    let output = output.expect("an end");
    assert!(!output.status.success());
    assert!(stderr(&output).contains("leave out --num-gpus"), "{}", stderr(&output));
}
