//! `head`: the first records.

use std::path::PathBuf;

use anyhow::Result;
use serde_json::json;
use tfrecord_codec::{Example, RecordReader};

use crate::output::Report;
use crate::show;

pub(crate) fn run(paths: &[PathBuf], records: usize, report: &Report) -> Result<bool> {
    for path in paths {
        let (mut reader, mut record) = (RecordReader::open(path)?, Vec::new());
        for number in 0..records {
            let offset = reader.offset();
            if !reader.read_into(&mut record)? {
                break;
            }
            let example = Example::parse(&record).ok();
            let text = || {
                let place = format!("{}: record {number} at byte {offset}", path.display());
                let shown = example.as_ref().map_or_else(
                    || format!("    no tf.train.Example: {}", show::short(&record)),
                    show::text,
                );
                format!("{place}, {} bytes\n{shown}", record.len())
            };
            report.show(text, || {
                json!({
                    "file": path.to_string_lossy(),
                    "record": number,
                    "offset": offset,
                    "bytes": record.len(),
                    "example": example.as_ref().map(show::json),
                })
            })?;
        }
    }
    Ok(true)
}
