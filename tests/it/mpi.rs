//! Ranks as processes under `mpirun`: `cargo test --release --features mpi --test it mpi`.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use resnet::data::SyntheticImages;
use resnet::presets;
use resnet::training::checkpoint;
use resnet::training::loaders::train_loader;
use tempfile::TempDir;

use crate::support::{
    example_path, record_with_image, records, sample, slice_of_sample, small_run, stderr,
    write_shard,
};

/// 20 steps in an epoch, with BatchNorm over all ranks.
const FLAGS: [&str; 16] = [
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
    "--workers",
    "1",
    "--sync-batch-norm",
    "--model-dir",
];

/// `program` under whatever starts processes.
fn quiet(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    // Containers have one user and few processors.
    command.envs([
        ("OMPI_ALLOW_RUN_AS_ROOT", "1"),
        ("OMPI_ALLOW_RUN_AS_ROOT_CONFIRM", "1"),
        ("OMPI_MCA_rmaps_base_oversubscribe", "1"),
        ("OMPI_MCA_mpi_yield_when_idle", "1"),
        ("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe"),
    ]);
    command.stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

/// `mpirun` of `ranks` of what comes next.
fn mpirun(ranks: usize) -> Command {
    let mut mpirun = quiet("mpirun");
    // As many threads as one process has: how sums are cut depends on it.
    mpirun.args(["--bind-to", "none", "-np", &ranks.to_string()]).arg(program());
    mpirun
}

fn program() -> PathBuf {
    example_path("train_imagenet")
}

fn training(ranks: usize, model: &Path, more: &[&str]) -> Child {
    let mut command = if ranks == 1 { quiet(program()) } else { mpirun(ranks) };
    command.args(FLAGS).arg(model).args(more);
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

/// Threads end where one process ends (`ranks` in the tests of resnet-train).
#[test]
fn processes_end_where_as_many_threads_end() {
    for (ranks, times) in [(&[(2, "20")][..], 2), (&[(2, "7"), (1, "13"), (2, "20")], 1)] {
        let folder = || tempfile::tempdir().expect("a folder");
        let of_threads = run(trained_by_threads, folder().path(), ranks);
        for _ in 0..times {
            assert!(run(trained, folder().path(), ranks) == of_threads, "{ranks:?}");
        }
    }
}

/// Two processes of two threads add up in another order than four threads.
#[test]
fn threads_of_processes_take_the_steps_of_as_many_threads() {
    let nested = |ranks: usize, model: &Path, more: &[&str]| {
        trained(ranks, model, &[&["--num-gpus", "2"], more].concat());
    };
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let [threads, processes, again] = folders.each_ref().map(TempDir::path);
    let of_threads = run(trained_by_threads, threads, &[(4, "2")]);
    let of_processes = run(nested, processes, &[(2, "2")]);
    let apart = difference(&of_processes, &of_threads);
    assert!(apart < 1e-5, "{apart}");
    assert!(run(nested, again, &[(2, "2")]) == of_processes, "once more");
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

/// The distance of all weights as one vector, relative to its length.
fn distance(found: &Weights, expected: &Weights) -> f64 {
    let squares = expected.iter().map(|(name, expected)| {
        let pairs = found[name].iter().zip(expected);
        pairs.fold([0.0, 0.0], |[apart, whole], (a, b)| [apart + (a - b).powi(2), whole + b * b])
    });
    let [apart, whole] = squares.fold([0.0, 0.0], |sum, of| [sum[0] + of[0], sum[1] + of[1]]);
    (apart / whole).sqrt()
}

/// With an activation that is smooth everywhere: a ReLU that a rounding error opens takes another step.
#[test]
fn twenty_steps_of_two_processes_end_where_one_process_ends_and_each_time_alike() {
    let smooth = |ranks: usize| {
        let folder = tempfile::tempdir().expect("a folder");
        trained(ranks, folder.path(), &["--set", "model.activation=silu"]);
        assert_eq!(newest_step(folder.path()), 20);
        weights(folder.path())
    };
    let (one, two) = (smooth(1), smooth(2));
    assert!(distance(&two, &one) < 1e-6, "{}", distance(&two, &one));
    // Relative to the largest of each tensor, the smallest of which are biases near 0.
    assert!(difference(&two, &one) < 2e-6, "{}", difference(&two, &one));
    assert!(two != one && smooth(2) == two, "bit for bit");
}

/// The processes that `mpirun` started.
fn ranks_of(mpirun: &Child) -> Vec<String> {
    let output = Command::new("pgrep").args(["-P", &mpirun.id().to_string()]).output();
    let output = output.expect("pgrep");
    String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
}

/// The end of a job whose last rank gets `signal` once it has a checkpoint, and how long that took.
fn ended_by(signal: &str, model: &Path) -> (Output, Duration) {
    let mut job = training(2, model, &["--checkpoint-every", "1", "--exchange-timeout", "5"]);
    while !model.join("checkpoints").exists() || newest_step(model) < 3 {
        if job.try_wait().expect("a state").is_some() {
            panic!("ended by itself: {}", stderr(&job.wait_with_output().expect("an end")));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    let ranks = ranks_of(&job);
    let kill = Command::new("kill").args([signal, ranks.last().expect("ranks")]).status();
    let start = Instant::now();
    assert!(kill.expect("kill").success());
    (job.wait_with_output().expect("an end"), start.elapsed())
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
fn a_process_that_is_killed_or_hangs_ends_the_job_in_time_and_the_same_command_goes_on() {
    let folder = || tempfile::tempdir().expect("a folder");
    let whole = folder();
    trained(2, whole.path(), &[]);
    for (signal, told) in [("-KILL", "signal 9"), ("-STOP", "has waited 5s for another rank")] {
        let harmed = folder();
        let (output, time) = ended_by(signal, harmed.path());
        assert!(!output.status.success() && time < Duration::from_secs(30), "{signal}: {time:?}");
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
        trained(2, harmed.path(), &[]);
        assert_eq!(weights(harmed.path()), weights(whole.path()), "{signal}");
    }
}

/// What two processes that cannot train together say, rank 0 for both, and that they end; `other` is the
/// program of rank 1.
fn refused(flags: [&[&str]; 2], other: &Path) -> String {
    let start = Instant::now();
    let mut both = mpirun(1);
    both.args(flags[0]).args([":", "-np", "1"]).arg(other).args(flags[1]);
    let output = both.output().expect("mpirun");
    assert!(!output.status.success() && start.elapsed() < Duration::from_secs(30));
    let told = stderr(&output);
    assert!(told.contains("error: rank 0: ") && !told.contains("error: rank 1: "), "{told}");
    told
}

fn with<'a>(flags: &[&'a str], more: &[&'a str]) -> Vec<&'a str> {
    [flags, more].concat()
}

/// 64 training images, the last of which is no picture.
fn broken_data(data: &Path) {
    slice_of_sample(data);
    let mut images = records(64);
    images[63] = record_with_image(b"no picture", 1);
    write_shard(data, "train", &images);
}

/// A seed with which rank 1 of two loads the last of 64 images, in a batch of 8 after the first; and the number
/// of that batch.
fn seed_of_rank_1() -> (u64, u64) {
    let mut recipe = presets::tutorial();
    recipe.train.batch_size = 8;
    for seed in 0.. {
        recipe.train.seed = seed;
        let images = Arc::new(SyntheticImages::new(64, 10, 0));
        let loader = train_loader(images, &recipe, 1).expect("a loader");
        for batch in 1..8 {
            let place = loader.samples(0, batch as usize).iter().position(|&image| image == 63);
            if place.is_some_and(|place| place % 2 == 1) {
                return (seed, batch);
            }
        }
    }
    unreachable!("some seed does");
}

#[test]
fn an_image_that_another_process_cannot_read_costs_no_step_before_it() {
    let folders = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
    let [data, model] = folders.each_ref().map(TempDir::path);
    broken_data(data);
    let (seed, batch) = seed_of_rank_1();
    let seed = seed.to_string();
    let flags =
        small_run(data, model).into_iter().map(|flag| if flag == "64" { "8" } else { flag });
    let flags = with(&flags.collect::<Vec<_>>(), &["--seed", &seed]);
    for _again in 0..2 {
        let output = mpirun(2).args(&flags).output().expect("mpirun");
        let told = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{told}");
        assert!(told.contains("error: rank 0: rank 1 cannot go on: broken.JPEG"), "{told}");
        assert_eq!(newest_step(model), batch);
    }
    let output = mpirun(2).args(with(&flags, &["--on-bad-image", "skip"])).output();
    let output = output.expect("mpirun");
    assert!(output.status.success() && newest_step(model) == 8, "{}", stderr(&output));
}

#[test]
fn what_processes_cannot_do_together_is_refused_by_all() {
    let folders = [(); 3].map(|()| tempfile::tempdir().expect("a folder"));
    let [model, data, other] = folders.each_ref().map(TempDir::path);
    slice_of_sample(data);
    slice_of_sample(other);
    let shard = other.join("train-00000-of-00001");
    fs::copy(sample().join("train-00001-of-00004"), shard).expect("another shard");
    let flags = |data, value: &str, instead: &'static str| {
        let flags = [small_run(data, model), vec!["--seed", "77"]].concat();
        flags.into_iter().map(|flag| if flag == value { instead } else { flag }).collect::<Vec<_>>()
    };
    let same = flags(data, "77", "77");
    let refusals = [
        ([same.clone(), flags(other, "77", "77")], "the images of rank 1 is another than rank 0's"),
        ([same.clone(), flags(data, "77", "78")], "the recipe of rank 1 is another than rank 0's"),
        ([flags(data, "64", "63"), flags(data, "64", "63")], "63 images cannot be shared by 2"),
        ([flags(data, "cpu", "cuda:7"), flags(data, "cpu", "cuda:7")], "write --device cuda"),
        (
            [with(&same, &["--max-steps", "2"]), with(&same, &["--max-steps", "5"])],
            "the last step (--max-steps) of rank 1 is another than rank 0's",
        ),
        (
            [same.clone(), with(&same, &["--num-gpus", "2"])],
            "the number of devices of a process of rank 1 is another than rank 0's",
        ),
    ];
    for ([first, second], told) in refusals {
        let error = refused([&first, &second], &program());
        assert!(error.contains(told), "{told}: {error}");
    }
    let rebuilt = other.join("train_imagenet");
    fs::copy(program(), &rebuilt).expect("a copy");
    let mut file = OpenOptions::new().append(true).open(&rebuilt).expect("the copy");
    file.write_all(b"\n").expect("another program");
    drop(file);
    let error = refused([&same, &same], &rebuilt);
    assert!(error.contains("the file of the program of rank 1 is another"), "{error}");
    assert!(!model.join("checkpoints").exists(), "nothing half-written");
}
