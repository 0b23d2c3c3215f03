//! CUDA without a GPU: the programs as they are built for NVIDIA's GPUs, with a driver, an NVRTC and an NCCL that compute on
//! the CPU ([`tests/cuda_on_cpu`](../cuda_on_cpu)). Kernels are compiled by `g++`, so the first run takes minutes.
//!
//! ```sh
//! cargo build --release --features cuda-nvrtc --example devices --example train_imagenet
//! cargo test --release --features cuda-nvrtc --test it cuda_on_cpu -- --test-threads 1
//! ```

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{example_path, slice_of_sample, small_run, stderr, stdout};

/// Runs a program where CUDA is what `settings` say.
fn run(program: &str, settings: &[(&str, &str)], arguments: &[&str]) -> Output {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cuda_on_cpu/with.sh");
    let mut command = Command::new(script);
    command.arg(example_path(program)).args(arguments).envs(settings.iter().copied());
    command.output().expect("bash and g++")
}

/// What the survey says of the first GPU.
fn survey(settings: &[(&str, &str)]) -> Value {
    let arguments = ["--device", "cuda:0", "--json", "--timeout", "900"];
    let output = run("devices", settings, &arguments);
    let whole: Value = serde_json::from_str(&stdout(&output))
        .unwrap_or_else(|error| panic!("{error} in {}\n{}", stdout(&output), stderr(&output)));
    whole["devices"][0].clone()
}

/// A run of a few steps on the devices that `flags` name.
fn train(folder: &Path, settings: &[(&str, &str)], flags: &[&str]) -> Output {
    let (data, model) = (folder.join("data"), folder.join("model"));
    if !data.exists() {
        fs::create_dir(&data).expect("a folder");
        slice_of_sample(&data);
    }
    let mut arguments = small_run(&data, &model);
    // Small enough for kernels that run thread by thread.
    for (flag, value) in [("--image-size", "12"), ("--batch-size", "16"), ("--device", "")] {
        let at = arguments.iter().position(|&argument| argument == flag).expect("a small run's");
        arguments.drain(at..at + 2);
        arguments.extend([flag, value].iter().filter(|_| !value.is_empty()));
    }
    arguments.extend(["--max-steps", "4", "--log-every", "1", "--fresh"]);
    arguments.extend(flags);
    run("train_imagenet", settings, &arguments)
}

/// The training losses that a run wrote down.
fn losses(folder: &Path) -> Vec<f64> {
    let text = fs::read_to_string(folder.join("model/metrics.jsonl")).expect("a log");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let steps = lines.filter(|line| line["event"] == "step");
    steps.filter_map(|step| step["loss"].as_f64()).collect()
}

fn succeeded(output: &Output) {
    assert!(output.status.success(), "{}\n{}", stdout(output), stderr(output));
}

#[test]
fn the_survey_takes_a_step_on_the_gpu() {
    let gpu = survey(&[]);
    let facts = &gpu["facts"];
    assert!(facts["smoke_step_seconds"]["second"].is_number(), "{gpu:#}");
    assert!(facts.to_string().contains("GTX 1660"), "{gpu:#}");
}

#[test]
fn drivers_that_are_missing_broken_or_full_are_named_with_what_helps() {
    let cases: [(&[(&str, &str)], &str); 6] = [
        (&[("CUDA_ON_CPU_DEVICES", "0")], "no NVIDIA driver or no GPU"),
        (&[("CUDA_ON_CPU_FAULT", "803")], "no NVIDIA driver or no GPU"),
        (&[("CUDA_ON_CPU_FAULT", "abort")], "signal: 6"),
        (&[("CUDA_ON_CPU_MEMORY", "100000")], "memory is full"),
        (&[("CUDA_ON_CPU_WITHOUT", "nvrtc")], "libnvrtc"),
        (&[("CUDA_ON_CPU_WITHOUT", "cuda")], "no NVIDIA driver or no GPU"),
    ];
    for (settings, said) in cases {
        let gpu = survey(settings);
        let error = gpu["error"].as_str().unwrap_or_default();
        assert!(error.contains(said), "{settings:?} {gpu:#}");
    }
}

#[test]
fn auto_goes_on_with_the_cpu_when_the_driver_is_broken() {
    let folder = TempDir::new().expect("a folder");
    for fault in [("CUDA_ON_CPU_FAULT", "803"), ("CUDA_ON_CPU_MEMORY", "100000")] {
        let output = train(folder.path(), &[fault], &["--device", "auto"]);
        succeeded(&output);
        assert!(stdout(&output).contains("CPU ("), "{}", stdout(&output));
        assert!(!stderr(&output).contains("panicked"), "{}", stderr(&output));
    }
}

#[test]
fn a_gpu_trains_with_the_losses_of_the_cpu_alone_and_with_another_through_nccl_and_the_host() {
    let folder = TempDir::new().expect("a folder");
    succeeded(&train(folder.path(), &[], &["--device", "cpu"]));
    let cpu = losses(folder.path());
    assert_eq!(cpu.len(), 4);
    succeeded(&train(folder.path(), &[], &["--device", "cuda"]));
    assert_near(&losses(folder.path()), &cpu);

    succeeded(&train(folder.path(), &[], &["--device", "cpu", "--num-gpus", "2"]));
    let two_ranks = losses(folder.path());
    let two = [("CUDA_ON_CPU_DEVICES", "2")];
    let nccl = ["--device", "cuda", "--num-gpus", "all", "--set", "train.exchange=nccl"];
    for flags in [&nccl[..4], &nccl] {
        succeeded(&train(folder.path(), &two, flags));
        assert_near(&losses(folder.path()), &two_ranks);
    }
}

fn assert_near(losses: &[f64], expected: &[f64]) {
    let near = |(loss, expected): (&f64, &f64)| (loss - expected).abs() < 1e-4 * expected;
    let all = losses.len() == expected.len() && losses.iter().zip(expected).all(near);
    assert!(all, "{losses:?} instead of {expected:?}");
}

#[test]
fn nccl_that_is_missing_is_an_error_that_says_so() {
    let folder = TempDir::new().expect("a folder");
    let settings = [("CUDA_ON_CPU_DEVICES", "2"), ("CUDA_ON_CPU_WITHOUT", "nccl")];
    let flags = ["--device", "cuda", "--num-gpus", "all", "--set", "train.exchange=nccl"];
    let output = train(folder.path(), &settings, &flags);
    assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
    assert!(stderr(&output).contains("libnccl.so.2"), "{}", stderr(&output));
}
