//! A whole run: start or resume, train, evaluate, keep.

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::{Loader, Source};
use resnet_models::tensors;
use resnet_recipe::{
    EpochReport, Evaluation, Fanout, JsonLines, LrSchedule, Recipe, Resumed, RunEvent, RunStart,
    Sink, StepReport, TensorBoard, Totals,
};

use crate::TrainError;
use crate::checkpoint::{self, Best, Checkpoint, CheckpointError, Position, Store};
use crate::device::Chosen;
use crate::evaluate::evaluate;
use crate::folder::ModelFolder;
use crate::learner::Learner;
use crate::loaders::{train_loader, validation_loader};
use crate::meter::Meter;

/// A report is due after this time even if fewer than `log_every` steps were made.
const REPORT_AFTER: Duration = Duration::from_secs(10);

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
    let mut run = Run {
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
    run.announce(datasets, &learner, &chosen.name, resumed)?;
    run.train(learner)?;
    Ok(Outcome {
        steps: run.position.step,
        complete: run.position.step >= run.total_steps(),
        best: run.position.best,
        last: run.last,
        elapsed: start.elapsed(),
        checkpoint: run.checkpoint,
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
        .restore(saved.model, saved.optimizer)
        .map_err(|source| CheckpointError::Architecture { path: path.to_owned(), source })?;
    Ok((learner, saved.position))
}

/// A run under way.
struct Run<'a> {
    recipe: &'a Recipe,
    options: &'a RunOptions,
    device: &'a Device,
    schedule: LrSchedule,
    steps_per_epoch: u64,
    loader: Loader,
    validation: Loader,
    folder: ModelFolder,
    store: Store,
    position: Position,
    checkpoint: Option<PathBuf>,
    last: Option<EpochReport>,
    meter: Meter,
    sink: Fanout<'a>,
}

impl Run<'_> {
    fn announce(
        &mut self,
        datasets: &Datasets,
        learner: &Learner,
        device: &str,
        resumed: Option<Resumed>,
    ) -> Result<(), TrainError> {
        let start = RunStart {
            recipe: self.recipe,
            device,
            train_images: datasets.train.len(),
            validation_images: datasets.validation.len(),
            parameters: learner.num_trainable_params(),
            steps_per_epoch: self.steps_per_epoch,
            total_steps: self.stop_at(),
            resumed,
        };
        Ok(self.sink.record(&RunEvent::Started(start))?)
    }

    fn total_steps(&self) -> u64 {
        self.recipe.train.epochs * self.steps_per_epoch
    }

    /// The step at which this session ends.
    fn stop_at(&self) -> u64 {
        self.options.max_steps.map_or(self.total_steps(), |max| max.min(self.total_steps()))
    }

    fn train(&mut self, mut learner: Learner) -> Result<(), TrainError> {
        while self.position.step < self.stop_at() {
            let started = Instant::now();
            learner = self.train_to_epoch_end(learner)?;
            if self.position.step.is_multiple_of(self.steps_per_epoch) {
                self.finish_epoch(&learner, started.elapsed())?;
            }
            self.save(&learner)?;
        }
        Ok(())
    }

    /// Steps until the epoch or the session ends.
    fn train_to_epoch_end(&mut self, mut learner: Learner) -> Result<Learner, TrainError> {
        let epoch = self.position.step / self.steps_per_epoch;
        let first_batch = self.position.step % self.steps_per_epoch;
        let end = self.stop_at().min((epoch + 1) * self.steps_per_epoch);
        let mut batches = self.loader.epoch(epoch, first_batch as usize);
        let mut window = Window::start(self.position.step);
        while self.position.step < end {
            let waiting = Instant::now();
            let Some(batch) = batches.next() else { break };
            window.waited += waiting.elapsed();
            let mut batch = batch?;
            let bad = batch.bad.drain(..).map(|bad| format!("{}: {}", bad.name, bad.reason));
            self.position.epoch_bad_images.extend(bad);
            let lr = self.schedule.at(self.position.step);
            learner = learner.step(batch, lr, &mut self.meter);
            self.position.step += 1;
            let saves = self.saves_now(end);
            if saves || self.position.step == end || self.reports_now(&window) {
                window = self.report(&learner, &window, lr)?;
            }
            if saves {
                self.save(&learner)?;
            }
        }
        Ok(learner)
    }

    fn reports_now(&self, window: &Window) -> bool {
        self.position.step.is_multiple_of(self.options.log_every.max(1))
            || window.started.elapsed() > REPORT_AFTER
    }

    /// Whether a checkpoint is due within the epoch; at its end one is written in any case.
    fn saves_now(&self, end: u64) -> bool {
        let step = self.position.step;
        step < end && self.options.checkpoint_every.is_some_and(|every| step.is_multiple_of(every))
    }

    /// Reads the counts of the steps since the last report back and passes them on.
    fn report(
        &mut self,
        learner: &Learner,
        window: &Window,
        lr: f64,
    ) -> Result<Window, TrainError> {
        let mut totals = Totals::default();
        for step in self.meter.take() {
            totals.add(&step);
            self.position.epoch_totals.add(&step);
        }
        let l2_loss = learner.l2_loss();
        let step = self.position.step;
        if let Some(train) = totals.averages() {
            let loss = train.cross_entropy + l2_loss;
            if !loss.is_finite() {
                let last_checkpoint = self.checkpointed_step();
                return Err(TrainError::Diverged { step, loss, last_checkpoint });
            }
            let seconds = window.started.elapsed().as_secs_f64();
            let steps = (step - window.first_step) as f64;
            let report = StepReport {
                step,
                epoch: step as f64 / self.steps_per_epoch as f64,
                loss,
                train,
                l2_loss,
                learning_rate: lr,
                images_per_second: steps * self.recipe.train.batch_size as f64 / seconds,
                steps_per_second: steps / seconds,
                loader_wait: window.waited.as_secs_f64() / seconds,
            };
            self.sink.record(&RunEvent::Step(report))?;
        }
        Ok(Window::start(step))
    }

    fn checkpointed_step(&self) -> u64 {
        let name = self.checkpoint.as_ref().and_then(|path| path.file_name()?.to_str());
        name.and_then(|name| name.strip_prefix("step-")?.parse().ok()).unwrap_or(0)
    }

    fn finish_epoch(&mut self, learner: &Learner, elapsed: Duration) -> Result<(), TrainError> {
        let epoch = self.position.step / self.steps_per_epoch;
        let due = epoch.is_multiple_of(self.recipe.train.epochs_between_evals)
            || self.position.step == self.total_steps();
        let validation = if due { Some(self.evaluate(learner)?) } else { None };
        let totals = std::mem::take(&mut self.position.epoch_totals);
        let Some(train) = totals.averages() else { return Ok(()) };
        let report = EpochReport {
            epoch,
            step: self.position.step,
            train,
            validation,
            seconds: elapsed.as_secs_f64(),
            bad_images: std::mem::take(&mut self.position.epoch_bad_images),
        };
        self.sink.record(&RunEvent::Epoch(report.clone()))?;
        self.last = Some(report);
        Ok(())
    }

    fn evaluate(&mut self, learner: &Learner) -> Result<Evaluation, TrainError> {
        let model = learner.inference_model();
        let evaluation = evaluate(&model, self.recipe, &self.validation, self.device)?;
        let top1 = evaluation.averages.top1;
        if self.position.best.is_none_or(|best| top1 > best.top1) {
            self.position.best = Some(Best { step: self.position.step, top1 });
            let path = self.folder.best();
            tensors::write(&path, &learner.model_state()).map_err(CheckpointError::from)?;
            self.sink.record(&RunEvent::Best(&path))?;
        }
        Ok(evaluation)
    }

    fn save(&mut self, learner: &Learner) -> Result<(), TrainError> {
        let checkpoint = Checkpoint {
            model: learner.model_state(),
            optimizer: learner.optimizer_state(),
            position: self.position.clone(),
            recipe: self.recipe.clone(),
        };
        let path = self.store.save(&checkpoint, self.options.keep_checkpoints)?;
        self.sink.record(&RunEvent::Checkpoint(&path))?;
        self.checkpoint = Some(path);
        Ok(())
    }
}

/// The time since the last report.
struct Window {
    started: Instant,
    first_step: u64,
    waited: Duration,
}

impl Window {
    fn start(first_step: u64) -> Self {
        Self { started: Instant::now(), first_step, waited: Duration::ZERO }
    }
}
