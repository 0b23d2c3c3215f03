//! `info`: what kind of file it is.

use std::path::{Path, PathBuf};

use anyhow::Result;
use serde_json::{Value, json};
use tfrecord_codec::{Example, RecordReader};

use crate::output::Report;
use crate::{files, show};

/// What is known of a file after reading it.
#[derive(Default)]
struct Info {
    bytes: u64,
    compression: String,
    records: u64,
    shortest: usize,
    longest: usize,
    payload: u64,
    first: Vec<u8>,
}

pub(crate) fn run(paths: &[PathBuf], report: &Report) -> Result<bool> {
    let bar = files::progress(paths);
    for path in paths {
        bar.set_message(path.display().to_string());
        let info = Info::of(path)?;
        bar.inc(files::len(path));
        bar.suspend(|| report.show(|| info.text(path), || info.json(path)))?;
    }
    bar.finish_and_clear();
    Ok(true)
}

impl Info {
    fn of(path: &Path) -> Result<Self> {
        let (mut reader, mut record) = (RecordReader::open(path)?, Vec::new());
        let mut info = Self { bytes: files::len(path), shortest: usize::MAX, ..Self::default() };
        while reader.read_into(&mut record)? {
            if info.records == 0 {
                info.first.clone_from(&record);
            }
            info.records += 1;
            info.payload += record.len() as u64;
            info.shortest = info.shortest.min(record.len());
            info.longest = info.longest.max(record.len());
        }
        info.compression = reader.compression().to_string();
        Ok(info)
    }

    /// Mean, least and greatest length.
    fn lengths(&self) -> Option<(u64, usize, usize)> {
        Some((self.payload.checked_div(self.records)?, self.shortest, self.longest))
    }

    fn text(&self, path: &Path) -> String {
        let Self { bytes, compression, records, .. } = self;
        let mut text = format!(
            "{}: {records} records, {bytes} bytes, compression {compression}",
            path.display()
        );
        if let Some((mean, shortest, longest)) = self.lengths() {
            text.push_str(&format!(", record lengths {shortest} to {longest}, mean {mean}"));
        }
        match Example::parse(&self.first) {
            Ok(example) if self.records > 0 => format!("{text}\n{}", show::text(&example)),
            _ => text,
        }
    }

    fn json(&self, path: &Path) -> Value {
        let example = Example::parse(&self.first).ok().filter(|_| self.records > 0);
        let lengths = self.lengths();
        json!({
            "file": path.to_string_lossy(),
            "bytes": self.bytes,
            "compression": self.compression,
            "records": self.records,
            "lengths": lengths.map(|(mean, min, max)| json!({ "mean": mean, "min": min, "max": max })),
            "first": example.map(|example| show::json(&example)),
        })
    }
}
