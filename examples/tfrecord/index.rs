//! `index`: where each record starts, kept beside the file.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use serde_json::json;
use tfrecord_codec::RecordIndex;

use crate::files;
use crate::output::Report;

pub(crate) fn run(paths: &[PathBuf], replace: bool, report: &Report) -> Result<bool> {
    let bar = files::progress(paths);
    for path in paths {
        let beside = RecordIndex::path_for(path);
        let (index, state) = index(path, &beside, replace)?;
        bar.inc(files::len(path));
        bar.suspend(|| {
            report.say(
                || format!("{}: {} records, index {state}", path.display(), index.len()),
                || {
                    json!({
                        "file": path.to_string_lossy(),
                        "index": beside.to_string_lossy(),
                        "records": index.len(),
                        "state": state,
                    })
                },
            )
        })?;
    }
    bar.finish_and_clear();
    Ok(true)
}

/// The index of a file, and whether it was there or was written.
fn index(path: &Path, beside: &Path, replace: bool) -> Result<(RecordIndex, &'static str)> {
    if beside.exists() {
        let fresh = RecordIndex::load(beside).and_then(|index| index.verify(path).map(|()| index));
        match fresh {
            Ok(index) => return Ok((index, "is fresh")),
            Err(error) if !replace => bail!("{error}, with --replace"),
            Err(_) => {}
        }
    }
    let index = RecordIndex::build(path)?;
    index.save(beside)?;
    Ok((index, "written"))
}
