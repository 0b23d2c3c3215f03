//! How much of a training step the engine itself takes: everything but forward pass, backward pass, optimizer and
//! waiting for images.
//!
//! ```text
//! cargo run --release --example bench_engine -- --resnet-size 50 --batch-size 8
//! ```
//!
//! Trains on made-up images with a report after every step, which is more than any run does, and prints one JSON
//! object: seconds of each part of the steps as the run's own trace has them, and the share of the rest. The first
//! step is left out. On the CPU each part ends when its work is done, so that nothing hides in another.

#[path = "common/ending.rs"]
mod ending;
#[path = "common/failure.rs"]
mod failure;

use std::collections::BTreeMap;
use std::fs;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use resnet::data::SyntheticImages;
use resnet::training::trace::Trace;
use resnet::{Datasets, DeviceChoice, Fanout, RunOptions, choose_device, presets, train};
use serde_json::{Value, json};

/// Measure what the engine takes of a training step
#[derive(Parser)]
struct Args {
    /// Weighted layers of the network
    #[arg(long, value_name = "LAYERS", default_value_t = 50)]
    resnet_size: usize,
    /// Images per step
    #[arg(long, value_name = "IMAGES", default_value_t = 8)]
    batch_size: usize,
    /// Steps to measure
    #[arg(long, value_name = "N", default_value_t = 10)]
    steps: u64,
    /// Where to compute: auto, cpu, cuda:N, rocm:N, metal:N, vulkan:N or wgpu:N. Without :N it is the first
    #[arg(long, value_name = "DEVICE", default_value = "auto")]
    device: DeviceChoice,
}

/// A part of a step: its name, its beginning and its end in microseconds.
type Span = (String, u64, u64);

fn main() -> ExitCode {
    ending::of(run(&Args::parse()).map(|()| ending::DONE))
}

fn run(args: &Args) -> Result<()> {
    let chosen = choose_device(args.device)?;
    let folder = tempfile::tempdir()?;
    let mut recipe = presets::tutorial();
    recipe.model.name = format!("resnet{}", args.resnet_size);
    recipe.train.batch_size = args.batch_size;
    // An evaluation is no step.
    recipe.train.epochs_between_evals = 2;
    let images = args.batch_size * (args.steps as usize + 1);
    let make = |len, seed| Arc::new(SyntheticImages::new(len, 1000, seed));
    let datasets = Datasets { train: make(images, 1), validation: make(1, 2) };
    let options = RunOptions {
        max_steps: Some(args.steps + 1),
        log_every: 1,
        trace: Trace::of_steps(args.steps + 1),
        ..RunOptions::new(folder.path())
    };
    train(&recipe, &datasets, &options, &chosen, &mut Fanout::default())?;
    let text = fs::read_to_string(folder.path().join("trace.json"))?;
    let mut line = shares(&serde_json::from_str(&text)?, args.steps)?;
    line["device"] = json!(chosen.name);
    line["resnet_size"] = json!(args.resnet_size);
    line["batch_size"] = json!(args.batch_size);
    println!("{line}");
    Ok(())
}

/// Seconds of the parts of all steps but the first, and what is left of them.
fn shares(trace: &Value, steps: u64) -> Result<Value> {
    let spans = of_the_loop(trace).context("the trace has no steps")?;
    let begins = |span: &&Span| span.0 == "wait for images";
    let first = spans.iter().filter(begins).nth(1).context("a second step")?.1;
    let last = spans.iter().map(|span| span.2).max().context("an end")?;
    let measured: Vec<&Span> = spans.iter().filter(|span| span.1 >= first).collect();
    ensure!(
        measured.iter().filter(|span| begins(span)).count() as u64 == steps,
        "steps are missing"
    );
    let mut parts = BTreeMap::<&str, f64>::new();
    for (name, start, end) in measured {
        *parts.entry(name).or_default() += (end - start) as f64 / 1e6;
    }
    let total = (last - first) as f64 / 1e6;
    let rest = total - parts.values().sum::<f64>();
    let share = rest / (total - parts.get("wait for images").copied().unwrap_or_default());
    Ok(json!({ "steps": steps, "seconds": total, "parts": parts, "rest": rest, "share": share }))
}

/// What the thread did that makes the steps.
fn of_the_loop(trace: &Value) -> Option<Vec<Span>> {
    let events = trace["traceEvents"].as_array()?;
    let main = events.iter().find(|event| event["name"] == "forward")?["tid"].as_u64()?;
    let own = events.iter().filter(|event| event["ph"] == "X" && event["tid"] == main);
    own.map(|event| {
        let start = event["ts"].as_u64()?;
        Some((event["name"].as_str()?.to_owned(), start, start + event["dur"].as_u64()?))
    })
    .collect()
}
