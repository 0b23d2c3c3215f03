//! Fine-tunes a residual network on your own pictures, judges it on pictures that nothing was chosen on, and
//! writes a report.
//!
//!     cargo run --release --example finetune
//!     cargo run --release --example finetune -- --data xrays --pretrained resnet50 --group-until _
//!     cargo run --release --example finetune -- --data scans.csv --group patient --subgroup hospital --folds 5
//!     cargo run --release --example finetune -- --data scans.csv --labels edema,mass,nodule
//!     cargo run --release --example finetune -- --help
//!
//! Exit codes: 0 the report is written; 75 a signal stopped it, it is saved, and the same command goes on;
//! 1 an error, such as a data set that has to be mended first; 2 wrong flags.

mod args;
#[path = "../common/bundled.rs"]
mod bundled;
#[cfg(feature = "dicom")]
#[path = "../common/dicom.rs"]
mod dicom;
#[path = "../common/ending.rs"]
mod ending;
#[path = "../common/failure.rs"]
mod failure;
mod progress;
#[path = "../common/signals.rs"]
mod signals;
mod stand_in;
#[path = "../common/stdout.rs"]
mod stdout;
mod tell;
#[path = "../common/unsure.rs"]
mod unsure;
#[path = "../common/weights.rs"]
mod weights;

use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use resnet::data::Dataset;
use resnet::finetuning::{
    FinetuneError, prepare, prepare_folds, run_folds, write_findings, write_folds_report,
    write_predictions, write_report,
};
use resnet::training::folder::ModelFolder;
use resnet::{Chosen, choose_device};

use crate::args::Args;
use crate::progress::Progress;
use crate::signals::Signals;
use crate::stdout::say;

fn main() -> ExitCode {
    ending::of(run(&Args::parse()))
}

fn run(args: &Args) -> Result<u8> {
    let dataset = match &args.data {
        None => {
            say(stand_in::ANNOUNCEMENT)?;
            stand_in::open()?
        }
        Some(path) => Dataset::open(path, &args.dataset_options())?,
    };
    let options = args.run_options();
    if let Some(images) = &args.data {
        ModelFolder::at(&options.model_dir).check_apart_from(images)?;
    }
    let chosen = choose_device(args.device)?;
    say(&format!("Device: {} ({}).", chosen.name, chosen.reason))?;
    let signals = Signals::install(&options.stop)?;
    let done = match args.folds {
        None => one(args, &dataset, &options, &chosen),
        Some(folds) => several(args, folds, &dataset, &options, &chosen),
    };
    match done {
        Ok(()) => Ok(signals::exit_code(false)),
        Err(error) if is_stopped(&error) => {
            say(&format!("Stopped by {}; saved, the same command goes on.", signals.name()))?;
            Ok(signals::exit_code(true))
        }
        Err(error) => Err(error),
    }
}

fn is_stopped(error: &anyhow::Error) -> bool {
    matches!(error.downcast_ref(), Some(FinetuneError::Stopped))
}

/// One network, tested on the test images.
fn one(
    args: &Args,
    dataset: &Dataset,
    options: &resnet::RunOptions,
    chosen: &Chosen,
) -> Result<()> {
    let prepared = prepare(dataset, &args.plan(&chosen.device)?)?;
    tell::warnings(&prepared.facts);
    let findings = prepared.run(options, chosen, &mut Progress::default())?;
    tell::findings(&findings);
    let folder = &options.model_dir;
    let written = [
        write_report(&findings, &args.title(), folder)?,
        write_predictions(&findings, folder)?,
        write_findings(&findings, folder)?,
    ];
    tell::files(&written);
    Ok(())
}

/// A network for each fold.
fn several(
    args: &Args,
    folds: usize,
    dataset: &Dataset,
    options: &resnet::RunOptions,
    chosen: &Chosen,
) -> Result<()> {
    let plan = args.plan(&chosen.device)?;
    let mut progress = Progress::default();
    let prepared = prepare_folds(dataset, folds, &plan)?;
    for (number, fold) in (1..).zip(&prepared) {
        say(&format!("Fold {number}:"))?;
        tell::warnings(&fold.facts);
    }
    let validated = run_folds(prepared, options, chosen, &mut progress)?;
    tell::folds(&validated);
    let mut written = Vec::new();
    for (number, fold) in (1..).zip(&validated.folds) {
        let folder = options.model_dir.join(format!("fold-{number}"));
        let title = format!("{}, fold {number} of {folds}", args.title());
        written.push(write_report(fold, &title, &folder)?);
        written.push(write_predictions(fold, &folder)?);
    }
    written.push(write_folds_report(&validated, &args.title(), &options.model_dir)?);
    written.push(write_findings(&validated, &options.model_dir)?);
    tell::files(&written);
    Ok(())
}
