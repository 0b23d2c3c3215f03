//! Looking at every image, for `info` and `verify`.

use std::ops::ControlFlow;

use anyhow::Result;
use clap::Args;
use resnet::data::Dataset;
use resnet::data::inspect::{InspectOptions, InspectSplit, Report, inspect};

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

/// The splits of a data set and what they hold.
pub(crate) fn report(dataset: &Dataset, options: &Options) -> Result<Report> {
    let splits = splits(dataset);
    let progress = Progress::new(splits.iter().map(|split| split.source.len()).sum());
    let mut inspection = InspectOptions::default();
    inspection.threads = options.threads.unwrap_or(inspection.threads);
    let report = inspect(&splits, dataset.classes(), &inspection, &|| {
        progress.image();
        ControlFlow::Continue(())
    });
    progress.finish();
    Ok(report?)
}

pub(crate) fn splits(dataset: &Dataset) -> Vec<InspectSplit> {
    let split = |name: &&str| {
        let source = dataset.split(name)?;
        Some(InspectSplit { name: (*name).to_owned(), source })
    };
    dataset.splits().iter().filter_map(split).collect()
}
