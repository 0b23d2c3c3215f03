//! Writes the network of a run as an ONNX file.
//!
//!     cargo run --release --example export_onnx -- --model-dir runs/fashion-mnist clothes.onnx
//!
//! `docs/predict.md` says how the file is used.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use resnet::models::onnx::{self, OnnxOptions};
use resnet::training::transforms::validation_transform;
use resnet::{DeviceChoice, Trained, choose_device};

#[path = "../common/failure.rs"]
mod failure;
#[path = "../common/stdout.rs"]
mod stdout;

/// Write the network of a run as an ONNX file.
#[derive(Parser)]
#[command(name = "export_onnx")]
struct Args {
    /// The file to write.
    output: PathBuf,

    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    model_dir: PathBuf,

    /// Take the newest checkpoint instead of the weights of the best evaluation.
    #[arg(long)]
    newest: bool,

    /// Keep batch normalisations as nodes of their own instead of folding them into convolutions.
    #[arg(long)]
    keep_batch_norm: bool,

    /// Accept images of the recipe's size only, for runtimes that want to know it.
    #[arg(long)]
    fixed_size: bool,

    /// Write over a file that is there.
    #[arg(long)]
    force: bool,
}

fn main() -> ExitCode {
    run(&Args::parse()).map_or_else(|error| failure::tell(&error), |()| ExitCode::SUCCESS)
}

fn run(args: &Args) -> Result<()> {
    let shown = args.output.display();
    ensure!(args.force || !args.output.exists(), "{shown}: there already; --force writes over it");
    let device = choose_device(DeviceChoice::Cpu)?.device;
    let mut trained = match args.newest {
        true => Trained::newest(&args.model_dir, &device)?,
        false => Trained::from_run(&args.model_dir, &device)?,
    };
    if !args.keep_batch_norm {
        trained.model = trained.model.fold_batch_norm();
    }
    let image_size = args.fixed_size.then_some([trained.recipe.data.validation_side(); 2]);
    let options = OnnxOptions { image_size, notes: notes(&trained)? };
    onnx::write(&args.output, &trained.model, &options)?;
    stdout::say(&format!("{shown}: the network of {}", trained.path.display()))
}

/// What somebody needs to know to ask the network.
fn notes(trained: &Trained) -> Result<BTreeMap<String, String>> {
    let data = &trained.recipe.data;
    let notes = [
        ("classes", serde_json::to_string(&trained.classes)?),
        ("mean", serde_json::to_string(&data.mean)?),
        ("std", serde_json::to_string(&data.std)?),
        ("transform", validation_transform(&trained.recipe).to_string()),
    ];
    Ok(notes.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
}
