//! Judges a trained network by images it has not seen: figures with intervals, curves, the worst errors.
//!
//!     cargo run --release --example evaluate -- --model-dir runs/fashion-mnist
//!     cargo run --release --example evaluate -- --model-dir M --data PICTURES --split test
//!     cargo run --release --example evaluate -- --model-dir M --data PICTURES --split test \
//!         --positive ill --choose-on validation --sensitivity 0.95 --prevalence 0.02
//!     cargo run --release --example evaluate -- --model-dir runs/folds --data other.csv --split test
//!
//! Writes `report.html`, `predictions.csv`, `figures.json` and `worst.png` into the folder `--out`.

mod args;
#[path = "../common/bundled.rs"]
mod bundled;
mod classes;
#[path = "../common/ending.rs"]
mod ending;
#[path = "../common/failure.rs"]
mod failure;
mod images;
mod labels;
mod networks;
mod output;
mod question;
#[path = "../common/stdout.rs"]
mod stdout;
#[path = "../common/unsure.rs"]
mod unsure;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use resnet::choose_device;

use crate::args::Args;

fn main() -> ExitCode {
    ending::of(run(&Args::parse()).map(|()| ending::DONE))
}

fn run(args: &Args) -> Result<()> {
    let chosen = choose_device(args.device)?;
    match images::recipe(args)?.data.label_sets.is_empty() {
        true => classes::evaluate(args, &chosen),
        false => labels::evaluate(args, &chosen),
    }
}
