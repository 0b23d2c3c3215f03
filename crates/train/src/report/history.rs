//! What `metrics.jsonl` tells of a run, over all its sessions.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use resnet_report::grouped;
use resnet_report::sections::TrainingCurves;
use serde_json::Value;

use crate::TrainError;

/// The reports of a run, by their step: what a killed session reported beyond its last checkpoint
/// was done again, and only the later report counts.
#[derive(Debug, Default)]
pub(super) struct History {
    start: Value,
    sessions: usize,
    steps: BTreeMap<u64, Value>,
    epochs: BTreeMap<u64, Value>,
}

impl History {
    /// Reads the file; lines that are no JSON, half a line at its end say, are left out. A full disk may have
    /// cut that within a letter.
    pub(super) fn read(path: &Path) -> Result<Self, TrainError> {
        let unreadable = |source| TrainError::RunFile { path: path.to_owned(), source };
        let text = fs::read(path).map_err(unreadable)?;
        let text = String::from_utf8_lossy(&text);
        let mut history = Self::default();
        let lines = text.lines().filter_map(|line| serde_json::from_str(line).ok());
        lines.for_each(|line| history.add(line));
        Ok(history)
    }

    fn add(&mut self, line: Value) {
        let step = line["step"].as_u64().unwrap_or(0);
        match line["event"].as_str() {
            Some("start") => {
                let resumed_at = line["resumed_at_step"].as_u64().unwrap_or(0);
                self.steps.retain(|&step, _| step <= resumed_at);
                self.epochs.retain(|&step, _| step <= resumed_at);
                self.sessions += 1;
                self.start = line;
            }
            Some("step") => drop(self.steps.insert(step, line)),
            Some("epoch") => drop(self.epochs.insert(step, line)),
            _ => {}
        }
    }

    pub(super) fn curves(&self) -> TrainingCurves {
        let step = |field: &[&str]| curve(&self.steps, field);
        let epoch = |field: &[&str]| curve(&self.epochs, field);
        TrainingCurves {
            train_loss: epoch(&["train", "cross_entropy"]),
            validation_loss: epoch(&["validation", "averages", "cross_entropy"]),
            train_accuracy: epoch(&["train", "top1"]),
            validation_accuracy: epoch(&["validation", "averages", "top1"]),
            learning_rate: step(&["learning_rate"]),
            images_per_second: step(&["images_per_second"]),
        }
    }

    /// Epoch and top-1 accuracy of the best evaluation; of equals, the first.
    pub(super) fn best(&self) -> Option<(u64, f64)> {
        let better =
            |best: (u64, f64), other: (u64, f64)| if other.1 > best.1 { other } else { best };
        self.evaluations().reduce(better)
    }

    /// Epoch and top-1 accuracy of the last evaluation.
    pub(super) fn last(&self) -> Option<(u64, f64)> {
        self.evaluations().last()
    }

    fn evaluations(&self) -> impl Iterator<Item = (u64, f64)> {
        let top1 = |line: &Value| line["validation"]["averages"]["top1"].as_f64();
        self.epochs.values().filter_map(move |line| Some((line["epoch"].as_u64()?, top1(line)?)))
    }

    /// Optimizer steps done.
    pub(super) fn steps(&self) -> usize {
        let last = self.steps.keys().chain(self.epochs.keys()).max();
        last.map_or(0, |&step| usize::try_from(step).unwrap_or(usize::MAX))
    }

    /// The median of all reports.
    pub(super) fn images_per_second(&self) -> Option<f64> {
        let speeds = self.steps.values().filter_map(|line| line["images_per_second"].as_f64());
        let mut speeds: Vec<f64> = speeds.collect();
        speeds.sort_by(f64::total_cmp);
        speeds.get(speeds.len() / 2).copied()
    }

    pub(super) fn in_words(&self, planned: u64) -> String {
        let done = self.epochs.len();
        let sessions = match self.sessions {
            0 | 1 => String::new(),
            sessions => format!(", in {sessions} sessions"),
        };
        format!("{done} of {planned} epochs{sessions}")
    }

    pub(super) fn data_in_words(&self) -> String {
        let images = |key: &str| self.count(key).map_or_else(|| "?".to_owned(), grouped);
        let (train, validation) = (images("train_images"), images("validation_images"));
        format!("{train} training and {validation} validation images.")
    }

    pub(super) fn environment(&self) -> Vec<(String, String)> {
        let device = self.start["device"].as_str().unwrap_or("unknown");
        let mut facts = vec![
            ("Program".to_owned(), format!("resnet {}", env!("CARGO_PKG_VERSION"))),
            ("Device".to_owned(), device.to_owned()),
        ];
        let parameters = self.count("parameters").map(grouped);
        facts.extend(parameters.map(|count| ("Trainable parameters".to_owned(), count)));
        facts
    }

    fn count(&self, key: &str) -> Option<usize> {
        self.start[key].as_u64().and_then(|count| usize::try_from(count).ok())
    }
}

/// Epoch and value of every report that has the value.
fn curve(reports: &BTreeMap<u64, Value>, field: &[&str]) -> Vec<(f64, f64)> {
    let value = |line: &Value| field.iter().fold(line, |value, key| &value[key]).as_f64();
    let point = |line: &Value| Some((line["epoch"].as_f64()?, value(line)?));
    reports.values().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn history(lines: &[&str]) -> History {
        read(lines.join("\n").as_bytes())
    }

    fn read(bytes: &[u8]) -> History {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("metrics.jsonl");
        fs::write(&path, bytes).expect("written");
        History::read(&path).expect("read")
    }

    const FIRST: [&str; 4] = [
        r#"{"event":"start","train_images":1200,"validation_images":300,"resumed_at_step":null}"#,
        r#"{"event":"step","step":5,"epoch":0.5,"learning_rate":0.1,"images_per_second":100.0}"#,
        r#"{"event":"epoch","step":10,"epoch":1,"train":{"cross_entropy":2.0,"top1":0.5},"validation":{"averages":{"cross_entropy":1.0,"top1":0.75}}}"#,
        r#"{"event":"step","step":15,"epoch":1.5,"learning_rate":0.2,"images_per_second":300.0}"#,
    ];

    #[test]
    fn what_was_done_again_counts_once() {
        let resumed = r#"{"event":"start","resumed_at_step":10}"#;
        let again = FIRST[3].replace("0.2", "0.3");
        let torn = r#"{"event":"st"#;
        let history = history(&[&FIRST[..], &[resumed, &again, torn]].concat());
        assert_eq!(history.curves().learning_rate, [(0.5, 0.1), (1.5, 0.3)]);
        assert_eq!(history.in_words(4), "1 of 4 epochs, in 2 sessions");
        assert_eq!((history.best(), history.last()), (Some((1, 0.75)), Some((1, 0.75))));
        assert_eq!(history.steps(), 15);
    }

    #[test]
    fn reports_beyond_the_checkpoint_of_a_resumed_run_are_dropped() {
        let resumed = r#"{"event":"start","resumed_at_step":10}"#;
        let history = history(&[&FIRST[..], &[resumed]].concat());
        assert_eq!(history.curves().learning_rate, [(0.5, 0.1)]);
        assert_eq!(history.steps(), 10);
    }

    #[test]
    fn a_line_that_was_cut_off_within_a_letter_is_left_out() {
        let name = "{\"event\":\"epoch\",\"bad_images\":[\"café".as_bytes();
        let cut = &name[..name.len() - 1];
        assert!(str::from_utf8(cut).is_err());
        let history = read(&[FIRST[..3].join("\n").as_bytes(), b"\n", cut].concat());
        assert_eq!((history.best(), history.steps()), (Some((1, 0.75)), 10));
    }

    #[test]
    fn a_run_that_was_never_evaluated_has_no_best() {
        let history = history(&FIRST[..2]);
        assert_eq!((history.best(), history.images_per_second()), (None, Some(100.0)));
        assert!(history.curves().validation_loss.is_empty());
    }
}
