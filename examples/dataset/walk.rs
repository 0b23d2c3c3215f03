//! Looking at every image, for `info` and `verify`.

use std::ops::ControlFlow;

use anyhow::Result;
use clap::Args;
use resnet::data::Dataset;
use resnet::data::inspect::{Check, InspectOptions, InspectSplit, check_for_training};
use resnet::presets;
use resnet::training::pixels::decoder;

use crate::Input;
use crate::progress::Progress;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) input: Input,
    /// Threads that decode; one per core if not given.
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
}

/// What a data set holds, and what is wrong with it.
pub(crate) fn check(dataset: &Dataset, options: &Options) -> Result<Check> {
    let splits = InspectSplit::of(dataset);
    let progress = Progress::new(splits.iter().map(|split| split.source.len()).sum());
    let decoder = decoder(&options.input.decoding(&presets::tutorial())?);
    let mut inspection = InspectOptions { decoder, ..InspectOptions::default() };
    inspection.threads = options.threads.unwrap_or(inspection.threads);
    let check = check_for_training(dataset, &inspection, &|| {
        progress.image();
        ControlFlow::Continue(())
    });
    progress.finish();
    Ok(check?)
}
