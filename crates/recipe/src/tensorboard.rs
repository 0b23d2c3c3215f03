//! What TensorBoard shows: scalars under the names that TensorFlow's trainer gave them, hyper-parameters, pictures
//! and, where they are asked for, histograms.

use std::path::{Path, PathBuf};

use tfrecord_codec::events::{EventWriter, HParam};
use toml::{Table, Value};

use crate::{
    EpochReport, Evaluation, LayerValues, Picture, Recipe, RunEvent, Sink, SinkError, StepReport,
};

/// Writes event files into a run's folder: training scalars in the folder itself, validation
/// scalars in `eval/` beneath it, as TensorFlow's Estimator did, so that TensorBoard shows two runs. The
/// recipe's keys are hyper-parameters of `eval/`, beside the metrics that judge them.
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
        if let Some(bytes) = report.memory_bytes {
            self.train.scalar("memory_bytes", at(report.step), bytes as f32)?;
        }
        write_all(&mut self.train, report.step, &scalars)
    }

    fn started(&mut self, recipe: &Recipe) -> Result<(), tfrecord_codec::Error> {
        let mut hparams = Vec::new();
        if let Ok(table) = recipe.to_toml().parse::<Table>() {
            flatten("", &Value::Table(table), &mut hparams);
        }
        let hparams: Vec<_> = hparams.iter().map(|(key, value)| (&**key, value.clone())).collect();
        self.eval.hparams(&hparams, &["accuracy", "accuracy_top_5", "loss"])?;
        self.eval.flush()
    }

    fn picture(&mut self, picture: &Picture<'_>) -> Result<(), tfrecord_codec::Error> {
        let writer = if picture.of_evaluation { &mut self.eval } else { &mut self.train };
        writer.image(picture.name, at(picture.step), picture.png)?;
        writer.flush()
    }

    fn histogram(
        &mut self,
        of: &str,
        layer: &LayerValues<'_>,
    ) -> Result<(), tfrecord_codec::Error> {
        let tag = format!("{of}/{}", layer.name);
        self.train.histogram(&tag, at(layer.step), layer.values.iter().copied())
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
    for &(tag, value) in scalars {
        writer.scalar(tag, at(step), value as f32)?;
    }
    // Flushed every time: whoever watches a run wants its newest point.
    writer.flush()
}

fn at(step: u64) -> i64 {
    i64::try_from(step).unwrap_or(i64::MAX)
}

/// The keys of a recipe with their values, as `schedule.base_lr`.
fn flatten(path: &str, value: &Value, found: &mut Vec<(String, HParam)>) {
    let hparam = match value {
        Value::Table(table) => {
            for (key, value) in table {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                flatten(&path, value, found);
            }
            return;
        }
        Value::Integer(number) => HParam::Number(*number as f64),
        Value::Float(number) => HParam::Number(*number),
        Value::Boolean(on) => HParam::Switch(*on),
        Value::String(text) => HParam::Text(text.clone()),
        other => HParam::Text(other.to_string()),
    };
    found.push((path.to_owned(), hparam));
}

impl Sink for TensorBoard {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        let written = match event {
            RunEvent::Started(start) => self.started(start.recipe),
            RunEvent::Step(report) => self.step(report),
            RunEvent::Epoch(report) => self.epoch(report),
            RunEvent::Picture(picture) => self.picture(picture),
            RunEvent::Weights(layer) => self.histogram("weights", layer),
            RunEvent::Gradients(layer) => self.histogram("gradients", layer),
            _ => Ok(()),
        };
        written.map_err(|source| SinkError::new(&self.folder, "event files", source))
    }
}
