//! Scalars as TensorBoard reads them, under the names that TensorFlow's trainer gave them.

use std::path::{Path, PathBuf};

use tfrecord_codec::events::EventWriter;

use crate::{EpochReport, Evaluation, RunEvent, Sink, SinkError, StepReport};

/// Writes event files into a run's folder: training scalars in the folder itself, validation
/// scalars in `eval/` beneath it, as TensorFlow's Estimator did, so that TensorBoard shows two runs.
pub struct TensorBoard {
    folder: PathBuf,
    train: EventWriter,
    eval: EventWriter,
}

impl TensorBoard {
    /// Starts new event files in `folder` and `folder/eval`; those of earlier runs stay untouched.
    ///
    /// # Errors
    /// [`SinkError`] if a file cannot be made.
    pub fn create(folder: &Path) -> Result<Self, SinkError> {
        let eval = folder.join("eval");
        std::fs::create_dir_all(&eval).map_err(|e| SinkError::new(&eval, "event files", e))?;
        let open = |folder: &Path| {
            EventWriter::create(folder).map_err(|e| SinkError::new(folder, "event files", e))
        };
        Ok(Self { folder: folder.to_owned(), train: open(folder)?, eval: open(&eval)? })
    }

    fn step(&mut self, report: &StepReport) -> Result<(), tfrecord_codec::Error> {
        let scalars = [
            ("loss", report.loss),
            ("cross_entropy", report.train.cross_entropy),
            ("l2_loss", report.l2_loss),
            ("learning_rate", report.learning_rate),
            ("train_accuracy", report.train.top1),
            ("train_accuracy_top_5", report.train.top5),
            ("images_per_second", report.images_per_second),
            ("global_step/sec", report.steps_per_second),
            ("loader_wait", report.loader_wait),
        ];
        write_all(&mut self.train, report.step, &scalars)
    }

    fn epoch(&mut self, report: &EpochReport) -> Result<(), tfrecord_codec::Error> {
        let Some(Evaluation { averages, .. }) = &report.validation else { return Ok(()) };
        let scalars = [
            ("loss", averages.cross_entropy),
            ("accuracy", averages.top1),
            ("accuracy_top_5", averages.top5),
        ];
        write_all(&mut self.eval, report.step, &scalars)
    }
}

fn write_all(
    writer: &mut EventWriter,
    step: u64,
    scalars: &[(&str, f64)],
) -> Result<(), tfrecord_codec::Error> {
    let step = i64::try_from(step).unwrap_or(i64::MAX);
    for &(tag, value) in scalars {
        writer.scalar(tag, step, value as f32)?;
    }
    // Flushed every time: whoever watches a run wants its newest point.
    writer.flush()
}

impl Sink for TensorBoard {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        let written = match event {
            RunEvent::Step(report) => self.step(report),
            RunEvent::Epoch(report) => self.epoch(report),
            _ => Ok(()),
        };
        written.map_err(|source| SinkError::new(&self.folder, "event files", source))
    }
}
