//! `verify`: every bad image with its reason.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use resnet::data::inspect::{Bad, Report};
use serde_json::{Value, json};

use crate::output::Answer;
use crate::quarantine::{self, Moved};
use crate::walk;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    walk: walk::Options,
    /// Move files that do not decode into this folder, under the same names.
    #[arg(long, value_name = "DIR")]
    quarantine: Option<PathBuf>,
}

pub(crate) fn run(options: &Options, answer: &Answer) -> Result<bool> {
    let dataset = options.walk.input.open()?;
    let report = walk::report(&dataset, &options.walk)?;
    let root = options.walk.input.path();
    let moved = match &options.quarantine {
        Some(folder) => quarantine::move_bad(&dataset, &report, &root, folder)?,
        None => Vec::new(),
    };
    let images: u64 = report.splits.iter().map(|split| split.images).sum();
    let bad: Vec<&Bad> = report.bad().collect();
    answer.give(
        || text(images, &report, &moved),
        || json!({ "path": root, "images": images, "bad": bad, "moved": json_of(&moved) }),
    )?;
    Ok(bad.is_empty())
}

fn text(images: u64, report: &Report, moved: &[Moved]) -> String {
    let bad: Vec<String> =
        report.bad().map(|bad| format!("{}: {}", bad.image.place, bad.reason)).collect();
    let mut lines = match bad.len() {
        0 => vec![format!("{images} images, all decode.")],
        count => vec![format!("{images} images, {count} bad:")],
    };
    lines.extend(bad.iter().map(|bad| format!("    {bad}")));
    let moved = moved
        .iter()
        .map(|Moved { from, to }| format!("moved {} to {}", from.display(), to.display()));
    lines.extend(moved);
    lines.join("\n")
}

fn json_of(moved: &[Moved]) -> Value {
    moved.iter().map(|Moved { from, to }| json!({ "from": from, "to": to })).collect()
}
