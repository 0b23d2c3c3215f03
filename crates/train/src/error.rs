//! Everything that can end a run.

use std::path::PathBuf;

use resnet_data::{DataError, ImageFilesError};
use resnet_distributed::CollectiveError;
use resnet_metrics::MetricsError;
use resnet_models::weights::WeightsError;
use resnet_recipe::{NonFinite, RecipeError, SinkError};
use resnet_report::ReportError;
use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::device::DeviceError;
use crate::model::NetworkError;

/// Why a run ended early or did not start.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum TrainError {
    /// The recipe makes no sense.
    #[error(transparent)]
    Recipe(#[from] RecipeError),
    /// The recipe asks for a network that does not exist.
    #[error(transparent)]
    Network(#[from] NetworkError),
    /// The weights of classes depend on the images of each, and nobody has counted them.
    #[error(
        "loss.class_weights: {counts} classes were counted and the recipe has {classes}; count them \
         with `class_counts`, or write the weights as a list"
    )]
    ClassCounts {
        /// Classes of the recipe.
        classes: usize,
        /// Classes that were counted.
        counts: usize,
    },
    /// The network to learn from cannot be used.
    #[error("loss.distillation.teacher = {}: {reason}", path.display())]
    Teacher {
        /// Its weights.
        path: PathBuf,
        /// Why not, and what to do.
        reason: String,
    },
    /// The weights to begin with do not fit the network.
    #[error("the weights to begin with: {0}")]
    InitialWeights(#[from] WeightsError),
    /// The images cannot be read.
    #[error(transparent)]
    Data(#[from] DataError),
    /// The image files cannot be named.
    #[error(transparent)]
    Files(#[from] ImageFilesError),
    /// A checkpoint cannot be written or read.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The metrics cannot be written.
    #[error(transparent)]
    Sink(#[from] SinkError),
    /// The report cannot be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Answers cannot be judged.
    #[error(transparent)]
    Metrics(#[from] MetricsError),
    /// The device that was asked for cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// The folder of the run cannot be made or written.
    #[error(
        "{}: cannot write into the model folder ({source}); choose another --model-dir",
        path.display()
    )]
    ModelFolder {
        /// The folder.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The folder of the run is that of the images, or lies among them.
    #[error("{}: {why}: choose another --model-dir", path.display())]
    FolderOfImages {
        /// The folder.
        path: PathBuf,
        /// How that shows.
        why: &'static str,
    },
    /// A file that every run has is missing or cannot be read.
    #[error("{}: cannot read this file of a run ({source}); name the model folder of a run", path.display())]
    RunFile {
        /// The file.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The folder holds a run of another recipe.
    #[error(
        "{} holds a run that this recipe cannot continue: {}; \
         choose another model folder, or start over with --fresh",
        path.display(), conflicts.join("; ")
    )]
    OtherRun {
        /// The folder.
        path: PathBuf,
        /// What differs.
        conflicts: Vec<String>,
    },
    /// Another run works in the folder.
    #[error(
        "{}: in use by {owner}; wait for it to end, end it, or choose another --model-dir",
        path.display()
    )]
    InUse {
        /// The folder.
        path: PathBuf,
        /// Who has it.
        owner: String,
    },
    /// The folder holds a run on other images.
    #[error(
        "{} holds a run on other images: {}; give it the images it began with, go on with these \
         by --accept-changed-data, or start over with --fresh",
        path.display(), differences.join("; ")
    )]
    OtherImages {
        /// The folder.
        path: PathBuf,
        /// What differs.
        differences: Vec<String>,
    },
    /// The names of the classes are not as they should be.
    #[error(
        "{}: not a valid list of class names ({problem}); fix it, or delete it: classes then go by \
         their numbers",
        path.display()
    )]
    ClassNames {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        problem: String,
    },
    /// There are more or fewer names than classes.
    #[error(
        "{names} names were given for {num_classes} classes: name each class, or none; \
         model.num_classes says how many there are"
    )]
    NumberOfNames {
        /// Names.
        names: usize,
        /// Classes.
        num_classes: usize,
    },
    /// Nothing teaches what is asked.
    #[error(
        "validation images have classes without any training image: {}; add training images of them, or \
         leave these validation images out",
        classes.join(", ")
    )]
    UntrainedClasses {
        /// Names of the classes, or their numbers.
        classes: Vec<String>,
    },
    /// Networks that are to answer together tell other classes apart.
    #[error(
        "{} and {} tell other classes apart: take models of the same classes",
        first.display(), other.display()
    )]
    OtherClasses {
        /// The weights of the first network.
        first: PathBuf,
        /// The weights of one that differs.
        other: PathBuf,
    },
    /// There are weights of a run, but no checkpoint: training would write over them.
    #[error(
        "{}: these weights are of a run whose checkpoints are gone; \
         --fresh sets them aside and starts over, or choose another --model-dir",
        path.display()
    )]
    NothingToContinue {
        /// The weights.
        path: PathBuf,
    },
    /// Somebody asked to stop before there was a result.
    #[error("stopped before the end, as was asked")]
    Stopped,
    /// The loss is infinite or not a number, or the weights are.
    #[error(
        "{} ({}): lower the learning rate, lengthen the warm-up, or \
         try --on-non-finite skip or roll-back; the last checkpoint is from step {last_checkpoint}",
        spoilt.in_words(), some_of(&spoilt.images)
    )]
    Diverged {
        /// The step, and the images of it.
        spoilt: NonFinite,
        /// Where the run can go on from.
        last_checkpoint: u64,
    },
    /// The device has no room for a step.
    #[error(
        "the device ran out of memory with {images} images at a time ({complaint}): take \
         --batch-size {half}, or --set optimizer.accumulate={parts} for the same batch in smaller \
         parts; --batch-size auto finds what fits"
    )]
    OutOfMemory {
        /// Images that are computed at a time.
        images: usize,
        /// Half as large a batch.
        half: usize,
        /// Twice as many parts of a batch.
        parts: usize,
        /// What the device said.
        complaint: String,
    },
    /// The device has no room for an evaluation.
    #[error(
        "the device ran out of memory in the evaluation, with {images} images of {side} pixels at a time \
         ({complaint}); the steps before it are saved: go on with a smaller data.validation_size, or start \
         over with --batch-size {half} --fresh"
    )]
    EvaluationOutOfMemory {
        /// Images that are computed at a time.
        images: usize,
        /// Pixels along a side of them.
        side: usize,
        /// Half as large a batch.
        half: usize,
        /// What the device said.
        complaint: String,
    },
    /// The ranks cannot train together.
    #[error(transparent)]
    Ranks(#[from] CollectiveError),
    /// One of several ranks cannot go on, and all of them know it.
    #[error("rank {rank} cannot go on: {reason}")]
    Rank {
        /// The first that cannot.
        rank: usize,
        /// Its error.
        reason: String,
    },
    /// The ranks could not go on in the middle of training.
    #[error("step {step}: {source}")]
    RanksInStep {
        /// Number of the step, from 0.
        step: u64,
        /// Why.
        source: CollectiveError,
    },
    /// GPUs cannot add up gradients without the host.
    #[error(
        "train.exchange = \"nccl\" cannot be used: {reason}; with \"f32\" sums go through the host's memory"
    )]
    Nccl {
        /// What was found, or what NCCL said.
        reason: String,
    },
    /// A batch cannot be shared out.
    #[error(
        "a batch of {batch_size} images cannot be shared by {ranks} devices: \
         take a batch size that is a multiple of their number"
    )]
    BatchOfRanks {
        /// Images per step.
        batch_size: usize,
        /// Devices that train together.
        ranks: usize,
    },
    /// Going back is for one device.
    #[error(
        "--on-non-finite roll-back is for one device: {ranks} devices may see the bad loss at different \
         steps; take skip or stop"
    )]
    RollBackOfRanks {
        /// Devices that train together.
        ranks: usize,
    },
    /// There is nothing to evaluate.
    #[error(
        "{}: no checkpoint of a run here; train first, or name the model folder of a run",
        path.display()
    )]
    NoCheckpoint {
        /// The folder.
        path: PathBuf,
    },
    /// Every validation image is unreadable.
    #[error("not one validation image could be read: check the validation shards")]
    NothingToEvaluate,
}

/// The first few names; all of them are in `metrics.jsonl`.
fn some_of(images: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = images[..images.len().min(SHOWN)].join(", ");
    match images.len().saturating_sub(SHOWN) {
        0 => format!("images {shown}"),
        more => format!("images {shown} and {more} more, listed in metrics.jsonl"),
    }
}
