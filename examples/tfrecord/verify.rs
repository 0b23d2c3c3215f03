//! `verify`: every bad record by its offset.

use std::path::{Path, PathBuf};

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tfrecord_codec::{Damage, Found, Scan};

use crate::files;
use crate::output::Report;

pub(crate) fn run(paths: &[PathBuf], report: &Report) -> Result<bool> {
    let bar = files::progress(paths);
    let mut whole = true;
    for path in paths {
        bar.set_message(path.display().to_string());
        let (records, damage) = scan(path, &bar)?;
        whole &= damage.is_empty();
        bar.suspend(|| {
            report.say(|| text(path, records, &damage), || json(path, records, &damage))
        })?;
    }
    bar.finish_and_clear();
    Ok(whole)
}

fn scan(path: &Path, bar: &ProgressBar) -> Result<(u64, Vec<Damage>)> {
    let start = bar.position();
    let (mut scan, mut record) = (Scan::open(path)?, Vec::new());
    let (mut records, mut damage) = (0, Vec::new());
    let len = files::len(path);
    while let Some(found) = scan.next_into(&mut record)? {
        match found {
            Found::Record(span) => {
                records += 1;
                // In a compressed file offsets run ahead of the file.
                bar.set_position(start + span.end().min(len));
            }
            Found::Damage(found) => damage.push(found),
        }
    }
    bar.set_position(start + len);
    Ok((records, damage))
}

fn text(path: &Path, records: u64, damage: &[Damage]) -> String {
    if damage.is_empty() {
        return format!("{}: {records} records, all whole", path.display());
    }
    let head =
        format!("{}: {records} whole records; damaged places: {}", path.display(), damage.len());
    let lines =
        damage.iter().map(|damage| format!("    {} ({} bytes)", damage.error, damage.bytes));
    std::iter::once(head).chain(lines).collect::<Vec<_>>().join("\n")
}

fn json(path: &Path, records: u64, damage: &[Damage]) -> Value {
    json!({
        "file": path.to_string_lossy(),
        "records": records,
        "damage": damage.iter().map(place).collect::<Vec<_>>(),
    })
}

/// One damaged place.
pub(crate) fn place(damage: &Damage) -> Value {
    let error = damage.error.to_string();
    json!({ "offset": damage.offset, "bytes": damage.bytes, "error": error })
}
