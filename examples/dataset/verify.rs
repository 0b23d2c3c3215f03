//! `verify`: everything that is wrong, one by one.

use std::path::PathBuf;

use anyhow::Result;
use clap::Args;
use resnet::data::inspect::{Bad, Check, FindingKind};
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
    let dataset = options.walk.input.open_what_is_good()?;
    if let Some(folder) = &options.quarantine {
        quarantine::check_apart(&dataset, folder)?;
    }
    let check = walk::check(&dataset, &options.walk)?;
    let root = options.walk.input.path()?;
    let moved = match &options.quarantine {
        Some(folder) => quarantine::move_bad(&dataset, &check.report, &root, folder)?,
        None => Vec::new(),
    };
    let images: u64 = check.report.splits.iter().map(|split| split.images).sum();
    let bad: Vec<&Bad> = check.report.bad().collect();
    answer.give(
        || text(images, &bad, &check, &moved),
        || {
            json!({
                "path": root,
                "images": images,
                "bad": bad,
                "ready": check.is_ready(),
                "findings": check.findings,
                "moved": json_of(&moved),
            })
        },
    )?;
    Ok(check.is_ready())
}

fn text(images: u64, bad: &[&Bad], check: &Check, moved: &[Moved]) -> String {
    let mut lines = match bad.len() {
        0 => vec![format!("{images} images, all decode.")],
        count => vec![format!("{images} images, {count} bad:")],
    };
    lines.extend(bad.iter().map(|bad| format!("    {}: {}", bad.image.place, bad.reason)));
    lines.extend(other_findings(check, "Before training, mend these:", true));
    lines.extend(other_findings(check, "Know these:", false));
    let moved = moved
        .iter()
        .map(|Moved { from, to }| format!("moved {} to {}", from.display(), to.display()));
    lines.extend(moved);
    lines.join("\n")
}

/// What is wrong besides single images, under a heading; nothing if there is nothing.
fn other_findings(check: &Check, heading: &str, errors: bool) -> Vec<String> {
    let wanted = check.errors().filter(|_| errors).chain(check.warnings().filter(|_| !errors));
    let others = wanted.filter(|finding| finding.kind != FindingKind::Image);
    let lines: Vec<String> = others.map(|finding| format!("    {finding}.")).collect();
    let heading = (!lines.is_empty()).then(|| heading.to_owned());
    heading.into_iter().chain(lines).collect()
}

fn json_of(moved: &[Moved]) -> Value {
    moved.iter().map(|Moved { from, to }| json!({ "from": from, "to": to })).collect()
}
