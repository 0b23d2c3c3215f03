//! Seconds of one training step or of inference, on made-up images that are already there.
//!
//! ```text
//! cargo run --release --example bench_step -- --arch resnet50 --image-size 224 --batch-size 8,16
//! ```
//!
//! Prints one JSON object per batch size, with the fields of `benches/peers/pytorch_step.py`, the
//! same measurement for PyTorch.
//!
//! With `--pipelined`, as in training, the host does not wait between the steps: `seconds` has their
//! mean, and `issue_seconds` what of it the host was busy for. `first_step_seconds` includes all that is
//! compiled and tuned for the first step.

#[path = "common/ending.rs"]
mod ending;
#[path = "common/failure.rs"]
mod failure;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::{Device, Tensor};
use clap::{Parser, ValueEnum};
use resnet::data::Batch;
use resnet::kernels::Instructions;
use resnet::training::learner::{Learner, StepAt};
use resnet::training::memory::peak_bytes;
use resnet::training::meter::Meter;
use resnet::training::trace::Trace;
use resnet::{Chosen, DeviceChoice, Recipe, choose_device, kernels, presets};
use serde::Deserialize;
use serde_json::json;

/// Measure the training step: seconds and images per second for each batch size
#[derive(Parser)]
struct Args {
    /// Network, as the zoo names it
    #[arg(long, value_name = "NAME", default_value = "resnet50")]
    arch: String,
    /// Height and width of the images in pixels
    #[arg(long, value_name = "PIXELS", default_value_t = 224)]
    image_size: usize,
    /// Batch sizes to measure, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "8,16")]
    batch_size: Vec<usize>,
    /// Timed steps for each batch size
    #[arg(long, value_name = "N", default_value_t = 6)]
    steps: usize,
    /// Steps before the timed ones
    #[arg(long, value_name = "N", default_value_t = 2)]
    warmup: usize,
    /// What to measure
    #[arg(long, default_value = "train")]
    mode: Mode,
    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Changes a key of the recipe, for example train.epochs=1
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Send all timed training steps to the device before waiting for it
    #[arg(long)]
    pipelined: bool,
    /// Burn's own operations instead of the kernels of resnet-kernels
    #[arg(long)]
    without_kernels: bool,
    /// Vectors of the CPU's kernels: the widest that the processor has, or narrower ones
    #[arg(long, default_value = "widest")]
    instructions: Vectors,
    /// Print where the time of the timed steps goes: parts of a step, and the CPU kernels by shape
    #[arg(long)]
    profile: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Train,
    Infer,
}

#[derive(Clone, Copy, ValueEnum)]
enum Vectors {
    Widest,
    Avx2,
    Portable,
}

impl From<Vectors> for Instructions {
    fn from(vectors: Vectors) -> Self {
        match vectors {
            Vectors::Widest => Self::Widest,
            Vectors::Avx2 => Self::Avx2,
            Vectors::Portable => Self::Portable,
        }
    }
}

/// Times of the steps of one batch size.
#[derive(Default)]
struct Times {
    first: f64,
    /// Of each timed step, or the mean of all if they were not waited for one by one.
    steps: Vec<f64>,
    /// Mean time for sending a step to the device, where steps were not waited for.
    issue: Option<f64>,
    /// The parts of the steps, if they are asked for.
    trace: Trace,
}

fn main() -> ExitCode {
    ending::of(run(&Args::parse()).map(|()| ending::DONE))
}

fn run(args: &Args) -> Result<()> {
    kernels::use_kernels(!args.without_kernels);
    kernels::use_instructions(args.instructions.into());
    let chosen = choose_device(args.device)?;
    let recipe = recipe(args)?;
    for &batch_size in &args.batch_size {
        let times = match args.mode {
            Mode::Train => train(args, &recipe, batch_size, &chosen)?,
            Mode::Infer => infer(args, &recipe, batch_size, &chosen)?,
        };
        if args.profile {
            print_profile(args, &times.trace)?;
        }
        report(args, batch_size, &chosen, &times);
    }
    Ok(())
}

fn recipe(args: &Args) -> Result<Recipe> {
    let mut recipe = presets::tutorial();
    recipe.model.name.clone_from(&args.arch);
    recipe.loss.label_smoothing = 0.1;
    Ok(recipe.with_overrides(&args.set)?)
}

/// A network in training, and the batch that it always sees.
struct Training<'a> {
    learner: Option<Learner>,
    meter: Meter,
    batch: Batch,
    steps: u64,
    device: &'a Device,
}

impl Training<'_> {
    fn step(&mut self) -> Result<()> {
        let learner = self.learner.take().context("a step that failed left no network")?;
        let at = StepAt { step: self.steps, lr: 0.1 };
        self.learner = Some(learner.step(self.batch.clone(), at, &mut self.meter));
        self.steps += 1;
        Ok(())
    }

    /// Reads the losses, so that nothing is left running.
    fn wait(&mut self) -> Result<()> {
        self.meter.take();
        Ok(self.device.sync()?)
    }

    /// Seconds of a step with its end.
    fn timed_step(&mut self) -> Result<f64> {
        let start = Instant::now();
        self.step()?;
        self.wait()?;
        Ok(start.elapsed().as_secs_f64())
    }
}

fn train(args: &Args, recipe: &Recipe, batch_size: usize, chosen: &Chosen) -> Result<Times> {
    let trace = if args.profile { Trace::of_steps(u64::MAX) } else { Trace::default() };
    let mut training = Training {
        learner: Some(Learner::new(recipe, &chosen.device)?.with_trace(trace.clone())),
        meter: Meter::default(),
        batch: batch(batch_size, args.image_size),
        steps: 0,
        device: &chosen.device,
    };
    let mut times = Times { first: training.timed_step()?, trace, ..Times::default() };
    for _ in 1..args.warmup {
        training.timed_step()?;
    }
    if args.profile {
        kernels::start_profile();
    }
    if !args.pipelined {
        times.steps = (0..args.steps).map(|_| training.timed_step()).collect::<Result<_>>()?;
        return Ok(times);
    }
    let start = Instant::now();
    for _ in 0..args.steps {
        training.step()?;
    }
    times.issue = Some(start.elapsed().as_secs_f64() / args.steps as f64);
    training.wait()?;
    times.steps = vec![start.elapsed().as_secs_f64() / args.steps as f64];
    Ok(times)
}

/// One line for each part of a step, then one for each operation and shape, in milliseconds of a step.
fn print_profile(args: &Args, trace: &Trace) -> Result<()> {
    let per_step = |seconds: f64| 1e3 * seconds / args.steps as f64;
    let events = trace.to_json().map(|json| serde_json::from_str::<Events>(&json)).transpose()?;
    let events = events.map_or(Vec::new(), |events| events.trace_events);
    for part in ["forward", "backward", "optimizer"] {
        let spans = events.iter().filter(|event| event.name == part);
        let microseconds: u64 = spans.skip(args.warmup.max(1)).map(|event| event.dur).sum();
        println!("{}", json!({ "part": part, "ms": per_step(microseconds as f64 / 1e6) }));
    }
    for entry in kernels::end_profile() {
        let seconds = entry.time.as_secs_f64();
        let line = json!({
            "program": "resnet",
            "operation": entry.operation,
            "shape": entry.shape,
            "calls": entry.calls as f64 / args.steps as f64,
            "ms": per_step(seconds),
            "gflops_per_second": entry.flops / seconds / 1e9,
        });
        println!("{line}");
    }
    Ok(())
}

/// What of a trace is read.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Events {
    trace_events: Vec<Event>,
}

#[derive(Deserialize)]
struct Event {
    name: String,
    /// What names a thread has none.
    #[serde(default)]
    dur: u64,
}

fn infer(args: &Args, recipe: &Recipe, batch_size: usize, chosen: &Chosen) -> Result<Times> {
    let model = resnet::training::build(recipe, &chosen.device)?;
    let side = args.image_size;
    let images = Tensor::<4>::ones([batch_size, 3, side, side], &chosen.device);
    let step = |_| {
        let start = Instant::now();
        model.forward(images.clone()).into_data();
        start.elapsed().as_secs_f64()
    };
    let warmup: Vec<f64> = (0..args.warmup.max(1)).map(step).collect();
    if args.profile {
        kernels::start_profile();
    }
    let steps = (0..args.steps).map(step).collect();
    Ok(Times { first: warmup[0], steps, ..Times::default() })
}

/// Bytes without structure; what they are does not change the time.
fn batch(batch_size: usize, side: usize) -> Batch {
    let byte = |i: usize| (i.wrapping_mul(2_654_435_761) >> 7) as u8;
    Batch {
        images: (0..batch_size * side * side * 3).map(byte).collect(),
        labels: (0..batch_size as u32).map(|i| i % 1000).collect(),
        weights: vec![1.0; batch_size],
        height: side,
        width: side,
        ..Batch::default()
    }
}

fn report(args: &Args, batch_size: usize, chosen: &Chosen, times: &Times) {
    let mut sorted = times.steps.clone();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let mode = match args.mode {
        Mode::Train => "train",
        Mode::Infer => "infer",
    };
    let of = if chosen.api.is_some() { "pools of the device" } else { "process" };
    let line = json!({
        "program": "resnet",
        "arch": args.arch,
        "mode": mode,
        "size": args.image_size,
        "batch": batch_size,
        "set": args.set,
        "device": chosen.name,
        "kernels": kernels::kernels_in_use(),
        "instructions": format!("{:?}", kernels::instructions_in_use()),
        "images_per_second": batch_size as f64 / median,
        "first_step_seconds": times.first,
        "issue_seconds": times.issue,
        "peak_memory_bytes": peak_bytes(&chosen.device),
        "peak_memory_of": of,
        "seconds": times.steps,
    });
    println!("{line}");
}
