//! How long a checkpoint holds the training step up, and how long the rest takes beside it.
//!
//! ```text
//! cargo run --release --example bench_checkpoint -- --resnet-size 50
//! ```
//!
//! Prints one JSON object per checkpoint, in seconds: `copy` is what the step waits for, the state
//! brought to the host and handed to the writer; `write` is until it is flushed, hashed and renamed, on
//! the writer's thread; `load` is reading it back with its sums compared.

#[path = "common/ending.rs"]
mod ending;
#[path = "common/failure.rs"]
mod failure;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::Tensor;
use clap::Parser;
use resnet::data::Batch;
use resnet::training::checkpoint::{Checkpoint, Keep, Position, Store, Writer, load};
use resnet::training::learner::{Learner, StepAt};
use resnet::training::meter::Meter;
use resnet::{DeviceChoice, choose_device, presets};
use serde_json::json;

/// Measure checkpoints: seconds that the step waits, and seconds in the background
#[derive(Parser)]
struct Args {
    /// Weighted layers of the network
    #[arg(long, value_name = "LAYERS", default_value_t = 50)]
    resnet_size: usize,
    /// Checkpoints to write
    #[arg(long, value_name = "N", default_value_t = 5)]
    times: usize,
    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
}

fn main() -> ExitCode {
    ending::of(run(&Args::parse()).map(|()| ending::DONE))
}

fn run(args: &Args) -> Result<()> {
    let chosen = choose_device(args.device)?;
    let folder = tempfile::tempdir()?;
    let mut recipe = presets::tutorial();
    recipe.model.name = format!("resnet{}", args.resnet_size);
    let mut learner = Learner::new(&recipe, &chosen.device)?;
    let store = Store::new(folder.path());
    let mut writer = Writer::new(store.clone(), Keep::default());
    for step in 1..=args.times as u64 {
        // A step makes new tensors, as in training: nothing of the last copy can be shared.
        learner = learner.step(small_batch(), StepAt { step: 0, lr: 0.1 }, &mut Meter::default());
        // Waits for the device, so that the copy does not wait for the step.
        let probe: Tensor<1> = Tensor::ones([1], &chosen.device);
        probe.into_data();
        let start = Instant::now();
        let (snapshot, recipe) = (learner.snapshot(), recipe.clone());
        let position = Position { step, ..Position::default() };
        let make = move || Checkpoint { learner: snapshot.read(), position, recipe };
        writer.start(make, None)?;
        let copy = start.elapsed().as_secs_f64();
        let written = writer.wait()?.context("a checkpoint was begun")?;
        let write = start.elapsed().as_secs_f64() - copy;
        let start = Instant::now();
        load(&written.checkpoint)?;
        let load = start.elapsed().as_secs_f64();
        let device = &chosen.name;
        let layers = args.resnet_size;
        let line = json!({ "resnet_size": layers, "device": device, "copy": copy, "write": write, "load": load });
        println!("{line}");
    }
    Ok(())
}

/// The smallest batch that has a variance.
fn small_batch() -> Batch {
    let (images, side) = (2, 32);
    Batch {
        images: vec![127; images * side * side * 3].into(),
        labels: vec![0; images],
        weights: vec![1.0; images],
        height: side,
        width: side,
        ..Batch::default()
    }
}
