//! The loop of a run: epochs, reports, evaluations, checkpoints.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::Loader;
use resnet_models::{state_dict, tensors};
use resnet_recipe::{
    EpochReport, Evaluation, Fanout, LrSchedule, Recipe, Resumed, RunEvent, RunStart, Sink,
    StepReport, Totals,
};

use crate::TrainError;
use crate::checkpoint::{Best, Checkpoint, CheckpointError, Position, Store};
use crate::evaluate::evaluate;
use crate::folder::ModelFolder;
use crate::learner::{Learner, StepAt};
use crate::meter::Meter;
use crate::run::{Datasets, RunOptions};

/// A report is due after this time even if fewer than `log_every` steps were made.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// A run under way, from its start or a checkpoint to its end or `max_steps`.
pub(crate) struct Session<'a> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) options: &'a RunOptions,
    pub(crate) device: &'a Device,
    pub(crate) schedule: LrSchedule,
    pub(crate) steps_per_epoch: u64,
    pub(crate) loader: Loader,
    pub(crate) validation: Loader,
    pub(crate) folder: ModelFolder,
    pub(crate) store: Store,
    pub(crate) position: Position,
    pub(crate) checkpoint: Option<PathBuf>,
    pub(crate) last: Option<EpochReport>,
    pub(crate) meter: Meter,
    pub(crate) sink: Fanout<'a>,
}

impl Session<'_> {
    pub(crate) fn announce(
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

    pub(crate) fn total_steps(&self) -> u64 {
        self.recipe.train.epochs * self.steps_per_epoch
    }

    /// The step at which this session ends.
    fn stop_at(&self) -> u64 {
        self.options.max_steps.map_or(self.total_steps(), |max| max.min(self.total_steps()))
    }

    pub(crate) fn train(&mut self, mut learner: Learner) -> Result<(), TrainError> {
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
            let bad = batch.bad.drain(..).map(|bad| bad.to_string());
            self.position.epoch_bad_images.extend(bad);
            let step = self.position.step;
            let lr = self.schedule.at(step);
            learner = learner.step(batch, StepAt { step, lr }, &mut self.meter);
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
            let weights = state_dict(&learner.inference_model());
            tensors::write(&path, &weights).map_err(CheckpointError::from)?;
            self.sink.record(&RunEvent::Best(&path))?;
        }
        Ok(evaluation)
    }

    fn save(&mut self, learner: &Learner) -> Result<(), TrainError> {
        let checkpoint = Checkpoint {
            learner: learner.state(),
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
