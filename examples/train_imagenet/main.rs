//! Trains a ResNet on TFRecord shards of ImageNet, or, without arguments, on the bundled sample.
//!
//!     cargo run --release --example train_imagenet
//!     cargo run --release --example train_imagenet -- --data-dir D --model-dir M \
//!         --resnet-size 50 --batch-size 256 --train-epochs 90
//!     cargo run --release --example train_imagenet -- --help

mod args;
mod images;
mod progress;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use resnet::data::Split;
use resnet::{Chosen, choose_device, evaluate_run, train};

use crate::args::Args;
use crate::progress::Progress;

fn main() -> ExitCode {
    match run(&Args::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

fn run(args: &Args) -> Result<()> {
    println!("{}", images::announcement(args));
    let chosen = choose_device(args.device)?;
    println!("Device: {} ({}).", chosen.name, chosen.reason);
    if args.eval_only { evaluate_only(args, &chosen) } else { train_and_report(args, &chosen) }
}

fn train_and_report(args: &Args, chosen: &Chosen) -> Result<()> {
    let recipe = args.recipe()?;
    let datasets = images::datasets(args, &recipe)?;
    let mut progress = Progress::new();
    let outcome = train(&recipe, &datasets, &args.run_options(), chosen, &mut progress)?;
    progress.finish(&outcome, &args.model_dir());
    Ok(())
}

fn evaluate_only(args: &Args, chosen: &Chosen) -> Result<()> {
    let recipe = args.saved_recipe()?;
    let source = images::source(args, Split::Validation, &recipe)?;
    let (evaluation, path) = evaluate_run(&args.model_dir(), source, args.workers(), chosen)?;
    println!("Checkpoint: {}", path.display());
    println!("{}", progress::evaluation(&evaluation));
    Ok(())
}

/// The error and those of its causes that it does not quote itself.
fn describe(error: &anyhow::Error) -> String {
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        if !text.contains(&cause) {
            text = format!("{text}: {cause}");
        }
    }
    text
}
