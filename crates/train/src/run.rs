//! A whole run: start or resume, train, evaluate, keep.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use burn::tensor::Device;
use resnet_data::{Loader, Source};
use resnet_distributed::{World, nested, threads};
use resnet_files::FileLock;
use resnet_models::Classifier;
use resnet_recipe::{
    Csv, Damaged, Evaluation, Fanout, JsonLines, Recipe, Resumed, RunEvent, Sink, TensorBoard,
};

use crate::TrainError;
use crate::checkpoint::{Store, Writer};
use crate::criterion::Criterion;
use crate::device::Chosen;
use crate::evaluate::evaluate;
use crate::exchange::Exchange;
use crate::folder::ModelFolder;
use crate::identity::Identity;
use crate::loaders::{train_loader_at, validation_loader, validation_share};
use crate::lock::lock_folder;
use crate::meter::Meter;
use crate::model::build_among;
use crate::pixels::settled;
use crate::predict::Trained;
use crate::ranks;
use crate::resume::{Begun, Fresh};
use crate::session::{Saver, Session};
use crate::stopping::StopHandle;
use crate::trace::Trace;
use crate::untrained;

pub use crate::identity::Datasets;
pub use crate::options::{Outcome, RunOptions};

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
    let recipe = &*settled(recipe, &*datasets.train)?;
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
    train_rank(network, recipe, datasets, options, chosen, sink)
        .inspect_err(|error| options.world.end(&error.to_string()))
}

/// Trains on several devices of this machine, one rank for each, as [`train`] does on one; the first device's
/// rank tells `sink`. With an `options.world` of several processes, each brings its devices.
///
/// `recipe.train.batch_size` is of all devices together. Sums go through the host's memory, or between the
/// devices where `recipe.train.exchange` says so.
///
/// # Errors
/// As [`train`]; [`TrainError::BatchOfRanks`] if the batch cannot be shared out evenly.
///
/// # Panics
/// If there is no device.
pub fn train_on(
    recipe: &Recipe,
    datasets: &Datasets,
    options: &RunOptions,
    devices: &[Chosen],
    sink: &mut dyn Sink,
) -> Result<Outcome, TrainError> {
    let workers = (options.workers / devices.len().max(1)).max(1);
    let train_as = |world: World, sink: &mut dyn Sink| {
        let chosen = &devices[world.rank() % devices.len()];
        let devices = devices.iter().map(|chosen| chosen.device.clone()).collect();
        let trace = if world.is_chief() { options.trace.clone() } else { Trace::default() };
        let options = RunOptions { devices, workers, world, trace, ..options.clone() };
        train(recipe, datasets, &options, chosen, sink)
    };
    let outcomes = threads::run_with(
        nested(&options.world, devices.len())?,
        |world| train_as(world, sink),
        |world| train_as(world, &mut Fanout::default()),
    )?;
    Ok(outcomes.into_iter().next().expect("there is at least one device"))
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
    options.world.set_timeout(options.exchange_timeout);
    recipe.check()?;
    let recipe = &*settled(recipe, &*datasets.train)?;
    check_names(&options.classes, recipe)?;
    untrained::check(recipe, datasets, &options.classes)?;
    let images = Images::of_rank(recipe, datasets, options)?;
    let exchange = Exchange::new(options, recipe, &chosen.device)?;
    let stop = exchange.ranks.stop().clone();
    let options = &RunOptions { stop, ..options.clone() };
    let is_chief = options.world.is_chief();
    let folder = ModelFolder::at(&options.model_dir);
    let _lock = is_chief.then(|| open_folder(&folder, options.fresh)).transpose()?;
    let store = Store::new(folder.path());
    let criterion = Criterion::of_images(recipe, &*datasets.train, &chosen.device)?;
    let fresh = Fresh { network, criterion, initial: options.initial.clone() };
    let mut begun = ranks::begin_together(&options.world, recipe, &fresh, &store, &chosen.device)?;
    begun.check_images(images.identity, options.accept_changed_data, &folder)?;
    let mut records = None;
    if is_chief {
        begun.check_best(&folder)?;
        folder.write_config(&recipe.to_toml())?;
        folder.write_classes(&options.classes)?;
        records = Some(Records::open(&folder)?);
    }
    let mut sinks: Vec<&mut dyn Sink> = records.iter_mut().flat_map(Records::all).collect();
    sinks.push(sink);
    let mut sink = Fanout::new(sinks);
    let resumed = tell_of_beginning(&begun, &store, &mut sink)?;
    let steps_per_epoch = images.train.batches_per_epoch() as u64;
    let writer = Writer::new(store.clone(), options.keep).with_trace(options.trace.clone());
    let mut session = Session {
        recipe,
        fresh,
        options,
        device: &chosen.device,
        schedule: recipe.lr_schedule(steps_per_epoch),
        steps_per_epoch,
        loader: images.train,
        validation: images.validation,
        folder,
        store,
        position: begun.position,
        saver: Saver::new(writer, begun.path),
        last: None,
        meter: Meter::default(),
        skipped_in_a_row: 0,
        has_shown_images: false,
        sink,
        exchange: exchange.clone(),
    };
    let learner = begun.learner.among(exchange);
    session.announce(datasets, &learner, &chosen.name, resumed)?;
    let ending = session.train(learner);
    let trace = options.trace.to_json().filter(|_| is_chief);
    let traced = trace.map_or(Ok(()), |trace| session.folder.write_trace(&trace));
    // Why training ended matters more.
    let ending = ending?;
    traced?;
    Ok(session.into_outcome(ending, start.elapsed()))
}

/// What a rank loads, and what all of them load together.
struct Images {
    train: Loader,
    validation: Loader,
    identity: Identity,
}

impl Images {
    /// The ranks compare what they were given before the first image is loaded.
    fn of_rank(
        recipe: &Recipe,
        datasets: &Datasets,
        options: &RunOptions,
    ) -> Result<Self, TrainError> {
        let rank = ranks::share(options, recipe)?;
        let (workers, size) = (options.workers, recipe.training_size(0));
        let train = train_loader_at(datasets.train.clone(), recipe, workers, size, rank)?
            .observed_by(options.trace.of_loader());
        let validation = validation_share(datasets.validation.clone(), recipe, workers, rank)?;
        let identity = Identity::of(datasets)?;
        ranks::agree(options, recipe, &identity)?;
        Ok(Self { train, validation, identity })
    }
}

/// Makes the model folder if it is missing, locks it, and leaves in it nothing, or a whole earlier part of the
/// run.
fn open_folder(folder: &ModelFolder, fresh: bool) -> Result<FileLock, TrainError> {
    ModelFolder::open(folder.path())?;
    let lock = lock_folder(folder.path())?;
    if fresh {
        folder.set_aside()?;
    }
    Store::new(folder.path()).recover()?;
    Ok(lock)
}

/// The files that hear of everything, beside whoever listens.
struct Records {
    jsonl: JsonLines,
    csv: Csv,
    tensorboard: TensorBoard,
}

impl Records {
    fn open(folder: &ModelFolder) -> Result<Self, TrainError> {
        Ok(Self {
            jsonl: JsonLines::open(&folder.metrics())?,
            csv: Csv::open(&folder.table())?,
            tensorboard: TensorBoard::create(folder.path())?,
        })
    }

    fn all(&mut self) -> [&mut dyn Sink; 3] {
        [&mut self.jsonl, &mut self.csv, &mut self.tensorboard]
    }
}

/// Damaged checkpoints are set aside and named; then, what the run begins with.
fn tell_of_beginning<M: Classifier>(
    begun: &Begun<M>,
    store: &Store,
    sink: &mut Fanout<'_>,
) -> Result<Option<Resumed>, TrainError> {
    for (path, error) in &begun.damaged {
        let event = Damaged { path: store.set_aside(path)?, reason: error.to_string() };
        sink.record(&RunEvent::Damaged(event))?;
    }
    if let Some(initial) = &begun.initial {
        sink.record(&RunEvent::InitialWeights(initial.clone()))?;
    }
    let resumed = begun.path.clone();
    Ok(resumed.map(|path| Resumed { path, step: begun.position.step }))
}

fn check_names(classes: &[String], recipe: &Recipe) -> Result<(), TrainError> {
    let (names, num_classes) = (classes.len(), recipe.model.num_classes);
    if names == 0 || names == num_classes {
        return Ok(());
    }
    Err(TrainError::NumberOfNames { names, num_classes })
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
