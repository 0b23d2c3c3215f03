//! Asks trained networks what is on pictures.
//!
//!     cargo run --release --example predict -- --model-dir runs/fashion-mnist picture.png
//!     cargo run --release --example predict -- --model-dir M --top 3 --csv pictures 'more/*.jpg'
//!     cargo run --release --example predict -- --model-dir M --grad-cam maps picture.png
//!     cargo run --release --example predict -- --model-dir runs/folds pictures
//!     cargo run --release --example predict -- --model-dir first --model-dir second pictures
//!
//! Where `finetune` has chosen a threshold for each question, the answer by it is told, too.
//!
//! Exit codes: 0 every picture has an answer; 3 some could not be read, they are named, the others have
//! their answers; 1 an error, 2 wrong flags.

mod answers;
mod args;
#[path = "../common/ending.rs"]
mod ending;
#[path = "../common/failure.rs"]
mod failure;
mod inputs;
mod output;
mod overlays;
#[path = "../common/stdout.rs"]
mod stdout;

use std::path::Path;
use std::process::ExitCode;

use anyhow::{Result, ensure};
use clap::Parser;
use resnet::recipe::ValidationViews;
use resnet::{Chosen, Ensemble, Predictor, Trained, choose_device};

use crate::answers::Answers;
use crate::args::Args;

/// Some pictures could not be read.
const INCOMPLETE: u8 = 3;

fn main() -> ExitCode {
    ending::of(run(&Args::parse()))
}

fn run(args: &Args) -> Result<u8> {
    let paths = inputs::expand(&args.images)?;
    ensure!(!paths.is_empty(), "there is no image in what was named");
    let networks = ensemble(args, &choose_device(args.device)?)?;
    let choices = answers::chosen(args, &networks)?;
    let predictions = networks.files(&paths)?;
    let answers =
        Answers { networks: &networks, predictions: &predictions, choices: choices.as_ref() };
    output::give(args, &answers)?;
    if let Some(folder) = &args.grad_cam {
        overlays::write(folder, &networks, &predictions)?;
    }
    let unreadable = output::complain(&predictions);
    Ok(if unreadable == 0 { ending::DONE } else { INCOMPLETE })
}

/// The networks of all model folders.
fn ensemble(args: &Args, chosen: &Chosen) -> Result<Ensemble> {
    let open = |folder: &Path| -> Result<Predictor> {
        let device = &chosen.device;
        let trained = match args.newest {
            true => Trained::newest(folder, device)?,
            false => Trained::from_run(folder, device)?,
        };
        let workers = args.workers.unwrap_or_else(|| resnet::RunOptions::new("").workers);
        let predictor =
            Predictor::new(trained).with_batch_size(args.batch_size).with_workers(workers);
        Ok(match (args.flip, args.ten_crop) {
            (true, _) => predictor.with_views(ValidationViews::Flip),
            (_, true) => predictor.with_views(ValidationViews::TenCrop),
            _ => predictor,
        })
    };
    Ensemble::below(&args.model_dirs, open)
}
