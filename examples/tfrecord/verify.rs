//! `verify`: every bad record by its offset, every file to the last.

use std::path::{Path, PathBuf};

use anyhow::Result;
use indicatif::ProgressBar;
use serde_json::{Value, json};
use tfrecord_codec::{Damage, Error, Found, Scan};

use crate::files;
use crate::output::Report;

/// What is known of a file after reading it.
#[derive(Default)]
struct Verified {
    records: u64,
    damage: Vec<Damage>,
    /// Why the file could not be read, or not to its end.
    unreadable: Option<Error>,
}

pub(crate) fn run(paths: &[PathBuf], report: &Report) -> Result<bool> {
    let bar = files::progress(paths);
    let mut whole = true;
    for path in paths {
        bar.set_message(path.display().to_string());
        let mut verified = Verified::default();
        verified.unreadable = verified.scan(path, &bar).err();
        whole &= verified.is_whole();
        bar.suspend(|| report.say(|| verified.text(path), || verified.json(path)))?;
    }
    bar.finish_and_clear();
    Ok(whole)
}

impl Verified {
    fn scan(&mut self, path: &Path, bar: &ProgressBar) -> tfrecord_codec::Result<()> {
        let (start, len) = (bar.position(), files::len(path));
        let (mut scan, mut record) = (Scan::open(path)?, Vec::new());
        while let Some(found) = scan.next_into(&mut record)? {
            match found {
                Found::Record(span) => {
                    self.records += 1;
                    // In a compressed file offsets run ahead of the file.
                    bar.set_position(start + span.end().min(len));
                }
                Found::Damage(found) => self.damage.push(found),
            }
        }
        bar.set_position(start + len);
        Ok(())
    }

    fn is_whole(&self) -> bool {
        self.damage.is_empty() && self.unreadable.is_none()
    }

    fn text(&self, path: &Path) -> String {
        let Self { records, damage, unreadable } = self;
        if self.is_whole() {
            return format!("{}: {records} records, all whole", path.display());
        }
        let places = damage.len();
        let mut text =
            format!("{}: {records} whole records; damaged places: {places}", path.display());
        for Damage { error, bytes, .. } in damage {
            text.push_str(&format!("\n    {error} ({bytes} bytes)"));
        }
        if let Some(error) = unreadable {
            text.push_str(&format!("\n    cannot be read: {error}"));
        }
        text
    }

    fn json(&self, path: &Path) -> Value {
        json!({
            "file": path.to_string_lossy(),
            "records": self.records,
            "damage": self.damage.iter().map(place).collect::<Vec<_>>(),
            "unreadable": self.unreadable.as_ref().map(ToString::to_string),
        })
    }
}

/// One damaged place.
pub(crate) fn place(damage: &Damage) -> Value {
    let error = damage.error.to_string();
    json!({ "offset": damage.offset, "bytes": damage.bytes, "error": error })
}
