//! Writes the best weights of a run as safetensors that torchvision and timm load, and a model card.
//!
//!     cargo run --release --example export_weights -- --model-dir runs/imagenet
//!     cargo run --release --example export_weights -- --model-dir runs/imagenet --dtype f16 --out small.safetensors

#[path = "../common/failure.rs"]
mod failure;
#[path = "../common/stdout.rs"]
mod stdout;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use resnet::export;
use resnet::models::weights::Element;

use crate::stdout::say;

/// Write the best weights of a run as safetensors that torchvision and timm load with strict=True, and a
/// model card beside them.
#[derive(Debug, Parser)]
#[command(name = "export_weights")]
struct Args {
    /// Folder of the run.
    #[arg(long, value_name = "DIR")]
    model_dir: PathBuf,

    /// The file. [default: weights.safetensors in the folder of the run]
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,

    /// Type of the values.
    #[arg(long, value_enum, default_value = "f32")]
    dtype: Dtype,

    /// Names of the classes for the model card, one a line in the order of the labels. [default: those of
    /// the run]
    #[arg(long, value_name = "FILE")]
    classes: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Dtype {
    F32,
    F16,
    Bf16,
}

impl From<Dtype> for Element {
    fn from(dtype: Dtype) -> Self {
        match dtype {
            Dtype::F32 => Self::F32,
            Dtype::F16 => Self::F16,
            Dtype::Bf16 => Self::Bf16,
        }
    }
}

fn main() -> ExitCode {
    run(&Args::parse()).map_or_else(|error| failure::tell(&error), |()| ExitCode::SUCCESS)
}

fn run(args: &Args) -> Result<()> {
    let out = args.out.clone().unwrap_or_else(|| args.model_dir.join("weights.safetensors"));
    let classes = args.classes.as_deref().map(lines).transpose()?.unwrap_or_default();
    let written = export(&args.model_dir, &out, args.dtype.into(), &classes)?;
    say(&format!("Weights of step {}: {}", written.step, written.weights.display()))?;
    say(&format!("Model card: {}", written.card.display()))
}

fn lines(path: &Path) -> Result<Vec<String>> {
    let text =
        fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    Ok(text.lines().map(str::to_owned).collect())
}
