//! What a run tells while it goes on, and who listens.

use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use crate::{Averages, Recipe};

/// A listener could not keep what it heard.
#[derive(Debug, Error)]
#[error("{}: cannot write the {what}: {source}", path.display())]
pub struct SinkError {
    /// The file or folder.
    pub path: PathBuf,
    /// What was being written.
    pub what: &'static str,
    /// Why not.
    pub source: Box<dyn std::error::Error + Send + Sync>,
}

impl SinkError {
    /// Names the file with the cause.
    pub fn new(
        path: &Path,
        what: &'static str,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self { path: path.to_owned(), what, source: source.into() }
    }
}

/// Something that happened in a run.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// Before the first step.
    Started(RunStart<'a>),
    /// After a step whose numbers were read back from the device.
    Step(StepReport),
    /// After an epoch, its evaluation included where one was due.
    Epoch(EpochReport),
    /// A checkpoint is complete at this path.
    Checkpoint(&'a Path),
    /// A new best model lies at this path.
    Best(&'a Path),
    /// A run does not begin with random weights.
    InitialWeights(InitialWeightsLoaded),
    /// A checkpoint was found damaged and an older one is used.
    Damaged(Damaged),
    /// The loss of a step is infinite or not a number.
    NonFinite(NonFinite),
    /// Something to look at.
    Picture(Picture<'a>),
    /// The weights of a layer, where that was asked for.
    Weights(LayerValues<'a>),
    /// The gradients of a layer's weights in the last step, as the optimizer got them, where that was
    /// asked for.
    Gradients(LayerValues<'a>),
}

/// Something to look at.
#[derive(Debug, Clone, Copy)]
pub struct Picture<'a> {
    /// What it shows, in one word.
    pub name: &'static str,
    /// Optimizer steps done.
    pub step: u64,
    /// Whether it tells of an evaluation, and not of training.
    pub of_evaluation: bool,
    /// A PNG file.
    pub png: &'a [u8],
}

/// One number for each weight of a layer.
#[derive(Debug, Clone, Copy)]
pub struct LayerValues<'a> {
    /// The parameter's name.
    pub name: &'a str,
    /// Optimizer steps done.
    pub step: u64,
    /// The numbers.
    pub values: &'a [f32],
}

/// Weights that a run begins with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InitialWeightsLoaded {
    /// The file.
    pub path: PathBuf,
    /// What became of its tensors, in words.
    pub report: String,
}

/// A checkpoint that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Damaged {
    /// Where it lies now, out of the way.
    pub path: PathBuf,
    /// What is wrong with it.
    pub reason: String,
}

/// A step whose loss, or whose result, is infinite or not a number.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct NonFinite {
    /// Optimizer steps done, this one included.
    pub step: u64,
    /// Its cross-entropy; finite where it was the weights that the step made infinite or not numbers.
    pub loss: f64,
    /// What is done about it, in words.
    pub action: &'static str,
    /// File names of the batch's images.
    pub images: Vec<String>,
}

impl NonFinite {
    /// What happened, in a clause.
    #[must_use]
    pub fn in_words(&self) -> String {
        let Self { step, loss, .. } = self;
        match loss.is_finite() {
            true => format!("step {step}, whose loss was {loss:.4}, made the weights overflow"),
            false => format!("the loss of step {step} is {loss}"),
        }
    }
}

/// What is known before the first step.
#[derive(Debug, Clone)]
pub struct RunStart<'a> {
    /// The recipe in force.
    pub recipe: &'a Recipe,
    /// Device, in words.
    pub device: &'a str,
    /// Training images.
    pub train_images: usize,
    /// Validation images.
    pub validation_images: usize,
    /// Trainable parameters.
    pub parameters: usize,
    /// Optimizer steps in an epoch.
    pub steps_per_epoch: u64,
    /// Optimizer steps until the end of the run.
    pub total_steps: u64,
    /// The checkpoint this run continues, if any.
    pub resumed: Option<Resumed>,
}

/// Where a run goes on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resumed {
    /// The checkpoint.
    pub path: PathBuf,
    /// Steps done.
    pub step: u64,
}

/// The numbers of the steps since the last report.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct StepReport {
    /// Optimizer steps done.
    pub step: u64,
    /// Epochs done, with a fraction.
    pub epoch: f64,
    /// Cross-entropy plus l2 loss.
    pub loss: f64,
    /// Averages over the steps since the last report.
    pub train: Averages,
    /// `weight_decay / 2` times the squared norm of the decayed weights.
    pub l2_loss: f64,
    /// Learning rate of the last step.
    pub learning_rate: f64,
    /// Training images per second since the last report.
    pub images_per_second: f64,
    /// Optimizer steps per second since the last report.
    pub steps_per_second: f64,
    /// Share of the time since the last report that the step waited for images, 0 to 1.
    pub loader_wait: f64,
    /// Bytes of the host's memory that the program holds, where the system tells (Linux).
    pub memory_bytes: Option<u64>,
}

/// The numbers of an epoch.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct EpochReport {
    /// Epochs done.
    pub epoch: u64,
    /// Optimizer steps done.
    pub step: u64,
    /// Averages over the training images of the epoch.
    pub train: Averages,
    /// Evaluation on the validation set, where one was due.
    pub validation: Option<Evaluation>,
    /// Training time in seconds, evaluation not included.
    pub seconds: f64,
    /// Unreadable training images that were left out, with the reason.
    pub bad_images: Vec<String>,
}

/// The result of an evaluation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Evaluation {
    /// Averages over all validation images; the cross-entropy without label smoothing.
    pub averages: Averages,
    /// Images counted.
    pub images: usize,
    /// Time in seconds.
    pub seconds: f64,
    /// Unreadable validation images that were left out, with the reason.
    pub bad_images: Vec<String>,
}

/// Hears what happens in a run.
pub trait Sink {
    /// Takes note of `event`.
    ///
    /// # Errors
    /// [`SinkError`] if it cannot be kept; the run then stops rather than lose it.
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError>;
}

/// Passes every event on to several sinks.
#[derive(Default)]
pub struct Fanout<'a> {
    sinks: Vec<&'a mut dyn Sink>,
}

impl<'a> Fanout<'a> {
    /// Sinks that are called in this order.
    #[must_use]
    pub fn new(sinks: Vec<&'a mut dyn Sink>) -> Self {
        Self { sinks }
    }
}

impl Sink for Fanout<'_> {
    fn record(&mut self, event: &RunEvent<'_>) -> Result<(), SinkError> {
        self.sinks.iter_mut().try_for_each(|sink| sink.record(event))
    }
}
