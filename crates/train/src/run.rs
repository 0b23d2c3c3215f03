//! A whole run: start or resume, train, evaluate, keep.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::Source;
use resnet_recipe::{
    EpochReport, Evaluation, Fanout, JsonLines, Recipe, Resumed, Sink, TensorBoard,
};

use crate::TrainError;
use crate::checkpoint::{self, Best, Checkpoint, CheckpointError, Position, Store};
use crate::device::Chosen;
use crate::evaluate::evaluate;
use crate::folder::ModelFolder;
use crate::learner::Learner;
use crate::loaders::{train_loader, validation_loader};
use crate::meter::Meter;
use crate::session::Session;

/// The images of a run.
#[derive(Clone)]
pub struct Datasets {
    /// What is learnt from.
    pub train: Arc<dyn Source>,
    /// What is judged by.
    pub validation: Arc<dyn Source>,
}

/// What changes the course of a run, but not its result.
#[derive(Debug, Clone)]
pub struct RunOptions {
    /// Folder for everything that the run leaves.
    pub model_dir: PathBuf,
    /// Set an earlier run in the folder aside instead of continuing it.
    pub fresh: bool,
    /// Stop after this many optimizer steps in all, with a checkpoint, even within an epoch.
    pub max_steps: Option<u64>,
    /// Optimizer steps between two reports; after ten seconds one is made in any case.
    pub log_every: u64,
    /// Optimizer steps between two checkpoints, besides the one after each epoch.
    pub checkpoint_every: Option<u64>,
    /// Checkpoints to keep; the newest ones.
    pub keep_checkpoints: usize,
    /// Threads that load images.
    pub workers: usize,
}

impl RunOptions {
    /// Defaults for a run in `model_dir`: a report every 100 steps, the last 3 checkpoints, a
    /// loading thread per processor.
    #[must_use]
    pub fn new(model_dir: impl Into<PathBuf>) -> Self {
        Self {
            model_dir: model_dir.into(),
            fresh: false,
            max_steps: None,
            log_every: 100,
            checkpoint_every: None,
            keep_checkpoints: 3,
            workers: thread::available_parallelism().map_or(1, NonZero::get),
        }
    }
}

/// How a run ended.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// Optimizer steps done, over all sessions of the run.
    pub steps: u64,
    /// Whether the recipe's last epoch is done.
    pub complete: bool,
    /// The best evaluation.
    pub best: Option<Best>,
    /// The last evaluation of this session.
    pub last: Option<EpochReport>,
    /// Wall time of this session.
    pub elapsed: Duration,
    /// The newest checkpoint.
    pub checkpoint: Option<PathBuf>,
}

/// Trains `recipe` on `datasets`, continuing the run in the model folder if there is one.
///
/// Everything that happens goes to `metrics.jsonl` and TensorBoard's event files in the model
/// folder, and to `sink`.
///
/// # Errors
/// [`TrainError`]; the folder then holds the last complete checkpoint.
pub fn train(
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<Outcome, TrainError> {
    let start = Instant::now();
    recipe.check()?;
    let loader = train_loader(datasets.train.clone(), recipe, options.workers)?;
    let validation = validation_loader(datasets.validation.clone(), recipe, options.workers)?;
    let folder = ModelFolder::open(&options.model_dir)?;
    if options.fresh {
        folder.set_aside()?;
    }
    let store = Store::new(folder.path());
    let (learner, position, resumed) = begin(recipe, &store, &chosen.device)?;
    folder.write_config(&recipe.to_toml())?;
    let mut jsonl = JsonLines::open(&folder.metrics())?;
    let mut tensorboard = TensorBoard::create(folder.path())?;
    let steps_per_epoch = loader.batches_per_epoch() as u64;
    let mut session = Session {
        recipe,
        options,
        device: &chosen.device,
        schedule: recipe.lr_schedule(steps_per_epoch),
        steps_per_epoch,
        loader,
        validation,
        folder,
        store,
        position,
        checkpoint: resumed.as_ref().map(|resumed| resumed.path.clone()),
        last: None,
        meter: Meter::default(),
        sink: Fanout::new(vec![&mut jsonl, &mut tensorboard, sink]),
    };
    session.announce(datasets, &learner, &chosen.name, resumed)?;
    session.train(learner)?;
    Ok(Outcome {
        steps: session.position.step,
        complete: session.position.step >= session.total_steps(),
        best: session.position.best,
        last: session.last,
        elapsed: start.elapsed(),
        checkpoint: session.checkpoint,
    })
}

/// Evaluates the newest checkpoint in `model_dir` on `source`, with the recipe it was trained with.
///
/// # Errors
/// [`TrainError::NoCheckpoint`] if there is none, and whatever keeps it or the images from being
/// read.
pub fn evaluate_run(
    model_dir: &Path,
    source: Arc<dyn Source>,
    workers: usize,
    chosen: &Chosen,
) -> Result<(Evaluation, PathBuf), TrainError> {
    let newest = Store::new(model_dir).newest()?;
    let path = newest.ok_or_else(|| TrainError::NoCheckpoint { path: model_dir.to_owned() })?;
    let saved = checkpoint::load(&path)?;
    let recipe = saved.recipe.clone();
    let learner = restore(&recipe, saved, &path, &chosen.device)?.0;
    let loader = validation_loader(source, &recipe, workers)?;
    let evaluation = evaluate(&learner.inference_model(), &recipe, &loader, &chosen.device)?;
    Ok((evaluation, path))
}

/// A learner at its first step, or where the newest checkpoint left it.
fn begin(
    recipe: &Recipe,
    store: &Store,
    device: &Device,
) -> Result<(Learner, Position, Option<Resumed>), TrainError> {
    let Some(path) = store.newest()? else {
        return Ok((Learner::new(recipe, device)?, Position::default(), None));
    };
    let saved = checkpoint::load(&path)?;
    let conflicts = recipe.resume_conflicts(&saved.recipe);
    if !conflicts.is_empty() {
        return Err(TrainError::OtherRun { path, conflicts });
    }
    let (learner, position) = restore(recipe, saved, &path, device)?;
    let step = position.step;
    Ok((learner, position, Some(Resumed { path, step })))
}

fn restore(
    recipe: &Recipe,
    saved: Checkpoint,
    path: &Path,
    device: &Device,
) -> Result<(Learner, Position), TrainError> {
    let learner = Learner::new(recipe, device)?
        .restore(saved.learner)
        .map_err(|source| CheckpointError::Architecture { path: path.to_owned(), source })?;
    Ok((learner, saved.position))
}
