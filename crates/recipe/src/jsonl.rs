//! `metrics.jsonl`: one JSON object a line, for people's own scripts.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Value, json};

use crate::{RunEvent, RunStart, Sink, SinkError, appending};

/// Appends every event of a run to a file of JSON lines, each with a field `event`:
/// `start`, `initial_weights`, `step`, `epoch`, `checkpoint`, `best`, `damaged` or `non_finite`. A resumed run goes on
/// in the same file.
pub struct JsonLines {
    path: PathBuf,
    file: File,
}

impl JsonLines {
    /// Opens `path` for appending, making it if it is missing. Half a line at its end, from a disk
    /// that was full, is cut off.
    ///
    /// # Errors
    /// [`SinkError`] if the file cannot be opened.
    pub fn open(path: &Path) -> Result<Self, SinkError> {
        let open = || {
            let mut file = appending::open(path)?;
            appending::cut_half_line(&mut file)?;
            Ok(file)
        };
        let file = open().map_err(|error: io::Error| SinkError::new(path, "metrics", error))?;
        Ok(Self { path: path.to_owned(), file })
    }
}

impl Sink for JsonLines {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        let value = match event {
            RunEvent::Started(start) => start_line(start),
            RunEvent::Step(report) => tagged("step", report),
            RunEvent::Epoch(report) => tagged("epoch", report),
            RunEvent::Checkpoint(path) => json!({ "event": "checkpoint", "path": path }),
            RunEvent::Best(path) => json!({ "event": "best", "path": path }),
            RunEvent::InitialWeights(weights) => tagged("initial_weights", weights),
            RunEvent::Damaged(damaged) => tagged("damaged", damaged),
            RunEvent::NonFinite(step) => tagged("non_finite", step),
            // Nothing for scripts.
            RunEvent::Picture(_) | RunEvent::Weights(_) | RunEvent::Gradients(_) => return Ok(()),
        };
        // One write a line: a run that is killed leaves whole lines.
        let line = format!("{value}\n");
        self.file
            .write_all(line.as_bytes())
            .map_err(|source| SinkError::new(&self.path, "metrics", source))
    }
}

fn start_line(start: &RunStart<'_>) -> Value {
    json!({
        "event": "start",
        "device": start.device,
        "train_images": start.train_images,
        "validation_images": start.validation_images,
        "parameters": start.parameters,
        "steps_per_epoch": start.steps_per_epoch,
        "total_steps": start.total_steps,
        "resumed_at_step": start.resumed.as_ref().map(|resumed| resumed.step),
    })
}

fn tagged(event: &str, report: &impl Serialize) -> Value {
    let mut value = serde_json::to_value(report).expect("reports hold numbers and strings");
    value["event"] = Value::from(event);
    value
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_line_at_the_end_is_cut_off_and_whole_lines_stay() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metrics.jsonl");
        for (before, after) in [("{}\n{\"event\":", "{}\n"), ("{\"ev", ""), ("{}\n", "{}\n")] {
            std::fs::write(&path, before).expect("written");
            JsonLines::open(&path).expect("opens");
            assert_eq!(std::fs::read_to_string(&path).expect("read"), after);
        }
    }
}
