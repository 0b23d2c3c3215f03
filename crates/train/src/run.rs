//! A whole run: start or resume, train, evaluate, keep.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::Source;
use resnet_distributed::World;
use resnet_models::Classifier;
use resnet_recipe::{
    Csv, Damaged, EpochReport, Evaluation, Fanout, JsonLines, Recipe, Resumed, RunEvent, Sink,
    TensorBoard,
};

use crate::checkpoint::{Best, BestBy, CheckpointError, Keep, Store, Writer};
use crate::criterion::Criterion;
use crate::device::Chosen;
use crate::evaluate::evaluate;
use crate::folder::ModelFolder;
use crate::identity::Identity;
use crate::loaders::{train_loader_at, validation_loader, validation_share};
use crate::lock::FolderLock;
use crate::meter::Meter;
use crate::model::build_among;
use crate::predict::Trained;
use crate::ranks::{self, Exchange};
use crate::resume::{self, Fresh};
use crate::session::{Saver, Session};
use crate::stopping::{EarlyStop, Ending, StopHandle};
use crate::trace::Trace;
use crate::{InitialWeights, OnNonFinite, TrainError};

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
    /// Weights to begin with instead of random ones.
    pub initial: Option<InitialWeights>,
    /// Stop after this many optimizer steps in all, with a checkpoint, even within an epoch.
    pub max_steps: Option<u64>,
    /// Optimizer steps between two reports; after ten seconds one is made in any case.
    pub log_every: u64,
    /// Optimizer steps between two checkpoints, besides the one after each epoch.
    pub checkpoint_every: Option<u64>,
    /// Time between two checkpoints, besides those.
    pub checkpoint_after: Option<Duration>,
    /// Which checkpoints stay.
    pub keep: Keep,
    /// What a loss that is not finite does.
    pub on_non_finite: OnNonFinite,
    /// Which weights are the best.
    pub best_by: BestBy,
    /// When enough is learnt.
    pub early_stop: EarlyStop,
    /// Ends the run when somebody asks.
    pub stop: StopHandle,
    /// Go on although the images are not those that the run began with.
    pub accept_changed_data: bool,
    /// Threads that load images.
    pub workers: usize,
    /// Records where the time goes, into `trace.json` in the model folder.
    pub trace: Trace,
    /// Names of the classes, for whoever asks the network later; empty if they have none.
    pub classes: Vec<String>,
    /// The other ranks that train the same network, and which of them this is.
    pub world: World,
}

impl RunOptions {
    /// Defaults for a run in `model_dir`: a report every 100 steps, the last 3 checkpoints, a
    /// loading thread per processor.
    #[must_use]
    pub fn new(model_dir: impl Into<PathBuf>) -> Self {
        Self {
            model_dir: model_dir.into(),
            fresh: false,
            initial: None,
            max_steps: None,
            log_every: 100,
            checkpoint_every: None,
            checkpoint_after: None,
            keep: Keep::default(),
            on_non_finite: OnNonFinite::default(),
            best_by: BestBy::default(),
            early_stop: EarlyStop::default(),
            stop: StopHandle::default(),
            accept_changed_data: false,
            world: World::alone(),
            workers: thread::available_parallelism().map_or(1, NonZero::get),
            trace: Trace::default(),
            classes: Vec::new(),
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
    /// Why this session ended.
    pub ending: Ending,
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
/// Everything that happens goes to `metrics.jsonl`, `metrics.csv` and TensorBoard's event files in the model
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
    let network = |device: &Device| Ok(build_among(recipe, device, &options.world)?);
    train_model(&network, recipe, datasets, options, chosen, sink)
}

/// As [`train`], with a network of one's own in place of the one that the recipe names: `network`
/// makes it with its initial weights on the device that it is given, which is one for training. It is
/// called again where a run begins anew or goes on from a checkpoint.
///
/// `model.name` and the other keys of `[model]` that describe a network say nothing then;
/// `model.freeze_until` and `optimizer.layer_decay` go by the names of [`Part`](resnet_models::Part).
///
/// # Errors
/// As [`train`], and what `network` returns.
pub fn train_model<M: Classifier + 'static>(
    network: &dyn Fn(&Device) -> Result<M, TrainError>,
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<Outcome, TrainError> {
    let result = train_rank(network, recipe, datasets, options, chosen, sink);
    if let Err(error) = &result {
        options.world.end(&error.to_string());
    }
    result
}

/// What one rank does; its error is nobody else's yet.
fn train_rank<M: Classifier + 'static>(
    network: &dyn Fn(&Device) -> Result<M, TrainError>,
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
    chosen: &Chosen,
    sink: &mut dyn Sink,
) -> Result<Outcome, TrainError> {
    let start = Instant::now();
    recipe.check()?;
    check_names(&options.classes, recipe)?;
    let (workers, world) = (options.workers, &options.world);
    let rank = ranks::share(options, recipe)?;
    let size = recipe.training_size(0);
    let loader = train_loader_at(datasets.train.clone(), recipe, workers, size, rank)?;
    let validation = validation_share(datasets.validation.clone(), recipe, workers, rank)?;
    let images = Identity::of(datasets)?;
    ranks::agree(world, recipe, &images)?;
    let scratch = ranks::scratch_folder(options)?;
    let model_dir = scratch.as_ref().map_or(&*options.model_dir, |scratch| scratch.path());
    let (exchange, stop) = Exchange::new(world.clone(), options.stop.clone());
    let options = &RunOptions { stop, model_dir: model_dir.to_owned(), ..options.clone() };
    let folder = ModelFolder::open(&options.model_dir)?;
    let _lock = FolderLock::take(folder.path())?;
    if options.fresh {
        folder.set_aside()?;
    }
    let store = Store::new(folder.path());
    store.recover()?;
    let criterion = Criterion::of_images(recipe, &*datasets.train, &chosen.device)?;
    let fresh = Fresh { network, criterion, initial: options.initial.clone() };
    let mut begun = ranks::begin_together(world, recipe, &fresh, &store, &chosen.device)?;
    begun.learner = begun.learner.among(exchange.clone());
    let accept = options.accept_changed_data;
    resume::check_images(&mut begun.position, images, accept, folder.path())?;
    resume::check_best(&begun, &folder)?;
    folder.write_config(&recipe.to_toml())?;
    folder.write_classes(&options.classes)?;
    let mut jsonl = JsonLines::open(&folder.metrics())?;
    let mut csv = Csv::open(&folder.table())?;
    let mut tensorboard = TensorBoard::create(folder.path())?;
    let mut sink = Fanout::new(vec![&mut jsonl, &mut csv, &mut tensorboard, sink]);
    set_aside_damaged(&store, begun.damaged, &mut sink)?;
    if let Some(initial) = begun.initial {
        sink.record(&RunEvent::InitialWeights(initial))?;
    }
    let resumed = begun.path.map(|path| Resumed { path, step: begun.position.step });
    let steps_per_epoch = loader.batches_per_epoch() as u64;
    let writer = Writer::new(store.clone(), options.keep);
    let mut session = Session {
        recipe,
        fresh,
        options,
        device: &chosen.device,
        schedule: recipe.lr_schedule(steps_per_epoch),
        steps_per_epoch,
        loader,
        validation,
        folder,
        store,
        position: begun.position,
        saver: Saver::new(writer, resumed.as_ref().map(|resumed| resumed.path.clone())),
        last: None,
        meter: Meter::default(),
        skipped_in_a_row: 0,
        sink,
        exchange,
    };
    session.announce(datasets, &begun.learner, &chosen.name, resumed)?;
    let ending = session.train(begun.learner);
    if let Some(trace) = options.trace.to_json() {
        session.folder.write_trace(&trace)?;
    }
    let ending = ending?;
    Ok(Outcome {
        steps: session.position.step,
        complete: ending == Ending::Complete,
        ending,
        best: session.position.best,
        last: session.last,
        elapsed: start.elapsed(),
        checkpoint: session.saver.newest,
    })
}

fn check_names(classes: &[String], recipe: &Recipe) -> Result<(), TrainError> {
    let (names, num_classes) = (classes.len(), recipe.model.num_classes);
    if names == 0 || names == num_classes {
        return Ok(());
    }
    Err(TrainError::NumberOfNames { names, num_classes })
}

fn set_aside_damaged(
    store: &Store,
    damaged: Vec<(PathBuf, CheckpointError)>,
    sink: &mut dyn Sink,
) -> Result<(), TrainError> {
    for (path, error) in damaged {
        let event = Damaged { path: store.set_aside(&path)?, reason: error.to_string() };
        sink.record(&RunEvent::Damaged(event))?;
    }
    Ok(())
}

/// Evaluates the newest whole checkpoint in `model_dir` on `source`, with the recipe it was trained
/// with.
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
    let Trained { model, recipe, path, .. } = Trained::newest(model_dir, &chosen.device)?;
    let loader = validation_loader(source, &recipe, workers)?;
    let stop = StopHandle::default();
    Ok((evaluate(&model, &recipe, &loader, &chosen.device, &stop)?, path))
}
