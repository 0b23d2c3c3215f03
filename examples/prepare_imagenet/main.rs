//! Makes TFRecord shards for training from ImageNet as people have it: the archives, unpacked
//! folders, Kaggle's archive, or pictures of one's own in a folder for each class.
//!
//!     cargo run --release --example prepare_imagenet -- --raw downloads --out imagenet
//!
//! Stopped or killed, the same command continues. What to download, and every layout and option, is
//! in docs/data.md.

use std::process::ExitCode;

use clap::Parser;
use resnet_data::prepare::prepare;

mod args;
#[path = "../common/command.rs"]
mod command;
#[path = "../common/failure.rs"]
mod failure;
mod progress;
#[path = "../common/stdout.rs"]
mod stdout;

use args::Args;
use progress::Progress;

fn main() -> ExitCode {
    let args = Args::parse();
    let progress = Progress::new(args.json);
    match prepare(&args.raw, &args.out, &args.options(), &|event| progress.event(event)) {
        Ok(report) => {
            progress.finish(&report, &args.out);
            ExitCode::SUCCESS
        }
        Err(error) => {
            progress.fail(&error);
            failure::tell(&error.into())
        }
    }
}
