//! Seconds of one training step or of inference, on made-up images that are already there.
//!
//! ```text
//! cargo run --release --example bench_step -- --resnet-size 50 --image-size 224 --batch-size 8,16
//! ```
//!
//! Prints one JSON object per batch size, with the fields of `benches/peers/pytorch_step.py`, the
//! same measurement for PyTorch.

use std::time::Instant;

use anyhow::Result;
use burn::tensor::Tensor;
use clap::{Parser, ValueEnum};
use resnet::data::Batch;
use resnet::training::learner::{Learner, StepAt};
use resnet::training::meter::Meter;
use resnet::{Chosen, DeviceChoice, Recipe, choose_device, presets};
use serde_json::json;

/// Measure the training step: seconds and images per second for each batch size
#[derive(Parser)]
struct Args {
    /// Weighted layers of the network
    #[arg(long, value_name = "LAYERS", default_value_t = 50)]
    resnet_size: usize,
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
    /// Where to compute: auto, cpu, wgpu, wgpu:N, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
    /// Burn's own operations instead of the kernels of resnet-kernels
    #[arg(long)]
    without_kernels: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Mode {
    Train,
    Infer,
}

fn main() -> Result<()> {
    let args = Args::parse();
    resnet::kernels::use_kernels(!args.without_kernels);
    let chosen = choose_device(args.device)?;
    for &batch_size in &args.batch_size {
        let mut seconds = match args.mode {
            Mode::Train => train(&args, batch_size, &chosen)?,
            Mode::Infer => infer(&args, batch_size, &chosen)?,
        };
        seconds.drain(..args.warmup);
        report(&args, batch_size, &chosen, &seconds);
    }
    Ok(())
}

fn recipe(args: &Args) -> Recipe {
    let mut recipe = presets::tutorial();
    recipe.model.resnet_size = args.resnet_size;
    recipe.loss.label_smoothing = 0.1;
    recipe
}

/// Seconds of every step; each ends when the loss has been read, so that nothing is left running.
fn train(args: &Args, batch_size: usize, chosen: &Chosen) -> Result<Vec<f64>> {
    let mut learner = Learner::new(&recipe(args), &chosen.device)?;
    let mut meter = Meter::default();
    let mut seconds = Vec::new();
    for step in 0..args.warmup + args.steps {
        let batch = batch(batch_size, args.image_size);
        let start = Instant::now();
        learner = learner.step(batch, StepAt { step: step as u64, lr: 0.1 }, &mut meter);
        meter.take();
        chosen.device.sync()?;
        seconds.push(start.elapsed().as_secs_f64());
    }
    Ok(seconds)
}

fn infer(args: &Args, batch_size: usize, chosen: &Chosen) -> Result<Vec<f64>> {
    let model = resnet::training::build(&recipe(args), &chosen.device)?;
    let side = args.image_size;
    let images = Tensor::<4>::ones([batch_size, 3, side, side], &chosen.device);
    let step = |_| {
        let start = Instant::now();
        model.forward(images.clone()).into_data();
        start.elapsed().as_secs_f64()
    };
    Ok((0..args.warmup + args.steps).map(step).collect())
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
        bad: Vec::new(),
        index: 0,
    }
}

fn report(args: &Args, batch_size: usize, chosen: &Chosen, seconds: &[f64]) {
    let mut sorted = seconds.to_vec();
    sorted.sort_by(f64::total_cmp);
    let median = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let mode = match args.mode {
        Mode::Train => "train",
        Mode::Infer => "infer",
    };
    let line = json!({
        "program": "resnet",
        "arch": format!("resnet{}", args.resnet_size),
        "mode": mode,
        "size": args.image_size,
        "batch": batch_size,
        "device": chosen.name,
        "kernels": resnet::kernels::kernels_in_use(),
        "images_per_second": batch_size as f64 / median,
        "seconds": seconds,
    });
    println!("{line}");
}
