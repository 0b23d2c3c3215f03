//! The loop of a run: epochs, evaluations, and when to end.

mod rollback;
mod saving;
mod showing;
mod window;

use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::{Batch, DataError, Loader};
use resnet_models::Classifier;
use resnet_recipe::{
    EpochReport, Evaluation, Fanout, LrSchedule, Recipe, Resumed, RunEvent, RunStart, Sink,
};

use crate::TrainError;
use crate::checkpoint::{Best, Position, Store};
use crate::evaluate::evaluate_share;
use crate::exchange::{Exchange, gather_epoch};
use crate::folder::ModelFolder;
use crate::identity::Datasets;
use crate::learner::{Learner, StepAt};
use crate::loaders::train_loader_at;
use crate::meter::Meter;
use crate::model::frozen_until;
use crate::non_finite::OnNonFinite;
use crate::options::{Outcome, RunOptions};
use crate::out_of_memory::{self, caught};
use crate::ranks;
use crate::resume::Fresh;
use crate::stopping::Ending;
use window::Window;

pub(crate) use saving::Saver;

/// A run under way, from its start or a checkpoint to its end.
pub(crate) struct Session<'a, M: Classifier> {
    pub(crate) recipe: &'a Recipe,
    pub(crate) fresh: Fresh<'a, M>,
    pub(crate) options: &'a RunOptions,
    pub(crate) device: &'a Device,
    pub(crate) schedule: LrSchedule,
    pub(crate) steps_per_epoch: u64,
    pub(crate) loader: Loader,
    pub(crate) validation: Loader,
    pub(crate) folder: ModelFolder,
    pub(crate) store: Store,
    pub(crate) position: Position,
    pub(crate) saver: Saver,
    pub(crate) last: Option<EpochReport>,
    pub(crate) meter: Meter,
    pub(crate) skipped_in_a_row: u64,
    /// Whether training images of this session were shown.
    pub(crate) has_shown_images: bool,
    pub(crate) sink: Fanout<'a>,
    pub(crate) exchange: Exchange,
}

impl<M: Classifier + 'static> Session<'_, M> {
    pub(crate) fn announce(
        &mut self,
        datasets: &Datasets,
        learner: &Learner<M>,
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

    pub(crate) fn into_outcome(self, ending: Ending, elapsed: Duration) -> Outcome {
        Outcome {
            steps: self.position.step,
            complete: ending == Ending::Complete,
            ending,
            best: self.position.best,
            last: self.last,
            elapsed,
            checkpoint: self.saver.newest,
        }
    }

    pub(crate) fn total_steps(&self) -> u64 {
        self.recipe.train.epochs * self.steps_per_epoch
    }

    /// The step at which this session ends at the latest.
    fn stop_at(&self) -> u64 {
        self.options.max_steps.map_or(self.total_steps(), |max| max.min(self.total_steps()))
    }

    /// Trains until there is a reason to end; everything is on the disk then.
    pub(crate) fn train(&mut self, mut learner: Learner<M>) -> Result<Ending, TrainError> {
        loop {
            let started = Instant::now();
            if self.epoch_is_open() && self.close_epoch(&mut learner, started.elapsed())? {
                self.save(&learner)?;
            }
            if let Some(ending) = self.ending() {
                self.finish_saving()?;
                return Ok(ending);
            }
            learner = match self.train_to_epoch_end(learner) {
                Err(error @ TrainError::Diverged { .. }) => self.roll_back(error)?,
                other => self.after_steps(other?, started.elapsed())?,
            };
        }
    }

    /// Evaluates at the end of an epoch, and saves; whoever was asked to stop only saves. What keeps the
    /// evaluation from its end does not cost the steps before it.
    fn after_steps(
        &mut self,
        mut learner: Learner<M>,
        elapsed: Duration,
    ) -> Result<Learner<M>, TrainError> {
        if self.epoch_is_open()
            && let Err(error) = self.close_epoch(&mut learner, elapsed)
        {
            if self.epoch_is_open() {
                self.keep_steps(&learner)?;
            }
            return Err(error);
        }
        self.save(&learner)?;
        Ok(learner)
    }

    /// The evaluation that is due and the report of the epoch; whether that could be finished.
    fn close_epoch(
        &mut self,
        learner: &mut Learner<M>,
        elapsed: Duration,
    ) -> Result<bool, TrainError> {
        let closed = caught(|| {
            self.prepare_evaluation(learner)?;
            self.finish_epoch(learner, elapsed)
        });
        let ranks = self.exchange.world.size();
        closed.map_err(|complaint| out_of_memory::in_evaluation(self.recipe, ranks, complaint))?
    }

    /// Gives `learner` statistics of BatchNorm that fit its weights, where the recipe wants them for an
    /// evaluation and one is due.
    fn prepare_evaluation(&self, learner: &mut Learner<M>) -> Result<(), TrainError> {
        let wanted = self.recipe.train.reestimate_batch_norm;
        if wanted == 0 || !self.evaluation_is_due() || self.options.stop.is_requested() {
            return Ok(());
        }
        let epoch = self.position.step / self.steps_per_epoch;
        learner.take_statistics_of(self.loader.epoch(epoch, 0).take(wanted))
    }

    /// Whether the epoch that is done is one after which there is an evaluation.
    fn evaluation_is_due(&self) -> bool {
        let epoch = self.position.step / self.steps_per_epoch;
        epoch.is_multiple_of(self.recipe.train.epochs_between_evals)
            || self.position.step == self.total_steps()
    }

    /// Whether the steps of an epoch are done, but not yet its evaluation.
    fn epoch_is_open(&self) -> bool {
        let Position { step, epoch_totals, .. } = &self.position;
        step.is_multiple_of(self.steps_per_epoch) && epoch_totals.examples > 0.0
    }

    fn ending(&self) -> Option<Ending> {
        if self.position.step >= self.total_steps() && !self.epoch_is_open() {
            return Some(Ending::Complete);
        }
        if self.options.stop.is_requested() {
            return Some(Ending::Requested);
        }
        let verdict = self.options.early_stop.verdict(self.position.progress);
        verdict.or_else(|| (self.position.step >= self.stop_at()).then_some(Ending::StepLimit))
    }

    /// Steps until the epoch or the session ends, or somebody asks to stop.
    fn train_to_epoch_end(&mut self, mut learner: Learner<M>) -> Result<Learner<M>, TrainError> {
        let epoch = self.position.step / self.steps_per_epoch;
        let first_batch = self.position.step % self.steps_per_epoch;
        learner = learner
            .frozen_until(frozen_until(self.recipe, epoch))
            .with_trace(self.options.trace.clone());
        self.use_resolution_of(epoch)?;
        let end = self.stop_at().min((epoch + 1) * self.steps_per_epoch);
        let mut batches = self.loader.epoch(epoch, first_batch as usize);
        let mut window = Window::start(self.position.step);
        while self.position.step < end {
            let waiting = Instant::now();
            let next = self.options.trace.span("wait for images", self.device, || batches.next());
            let Some(batch) = next else { break };
            window.waited += waiting.elapsed();
            let batch = match batch {
                Ok(batch) => batch,
                Err(error) => return Err(self.without_images(&learner, &window, error)),
            };
            window.lr = self.learning_rate();
            learner = self.learn(learner, batch, window.lr)?;
            let ends = self.position.step == end || self.options.stop.is_requested();
            let saves = !ends && self.saves_now();
            if saves || ends || self.reports_now(&window) {
                window = self.look_back(&learner, &window)?;
            }
            if saves {
                self.save(&learner)?;
            }
            if ends {
                break;
            }
        }
        self.gather_bad_images()?;
        Ok(learner)
    }

    /// One step, which counts.
    fn learn(
        &mut self,
        learner: Learner<M>,
        mut batch: Batch,
        lr: f64,
    ) -> Result<Learner<M>, TrainError> {
        self.show_images(&batch)?;
        let bad = batch.bad.drain(..).map(|bad| bad.to_string());
        self.position.epoch_bad_images.extend(bad);
        let at = StepAt { step: self.position.step, lr };
        let shows = self.shows_gradients();
        let mut learner = self.step(learner.keeping_gradients(shows), batch, at)?;
        learner.check().map_err(|source| TrainError::RanksInStep { step: at.step, source })?;
        self.options.trace.step_done();
        self.position.step += 1;
        (self.position.score, self.position.score_loss) = (None, None);
        Ok(learner)
    }

    /// Reports; devices work behind, and complain when they are asked for results.
    fn look_back(&mut self, learner: &Learner<M>, window: &Window) -> Result<Window, TrainError> {
        let report = caught(|| self.report(learner, window));
        report.map_err(|complaint| self.step_too_large(complaint))?
    }

    /// The `error` of a batch that cannot be loaded, with the steps before it on the disk: whoever mends
    /// the images goes on from there.
    fn without_images(
        &mut self,
        learner: &Learner<M>,
        window: &Window,
        error: DataError,
    ) -> TrainError {
        // The losses are looked at first: no checkpoint must hold weights that are not finite.
        let kept = self.look_back(learner, window).and_then(|_window| self.keep_steps(learner));
        kept.err().unwrap_or_else(|| error.into())
    }

    /// On rank 0, the unreadable images that all ranks have met since they last told; on the others none,
    /// so that none is told twice.
    fn gather_bad_images(&mut self) -> Result<(), TrainError> {
        let world = &self.exchange.world;
        let all = gather_epoch(world, std::mem::take(&mut self.position.epoch_bad_images))?;
        if world.is_chief() {
            self.position.epoch_bad_images = all;
        }
        Ok(())
    }

    fn step(
        &mut self,
        learner: Learner<M>,
        batch: Batch,
        at: StepAt,
    ) -> Result<Learner<M>, TrainError> {
        let meter = &mut self.meter;
        let step = || match self.options.on_non_finite {
            OnNonFinite::SkipStep => learner.step_if_finite(batch, at, meter),
            _ => learner.step(batch, at, meter),
        };
        caught(step).map_err(|complaint| self.step_too_large(complaint))
    }

    fn step_too_large(&self, complaint: String) -> TrainError {
        out_of_memory::in_step(self.recipe, self.exchange.world.size(), complaint)
    }

    /// Makes the loader anew where the images of an epoch have another size than those before.
    fn use_resolution_of(&mut self, epoch: u64) -> Result<(), TrainError> {
        let size = self.recipe.training_size(epoch);
        if self.loader.options().transform.size != size {
            let (source, workers) = (self.loader.source().clone(), self.options.workers);
            let rank = ranks::share(self.options, self.recipe)?;
            self.loader = train_loader_at(source, self.recipe, workers, size, rank)?
                .observed_by(self.options.trace.of_loader());
        }
        Ok(())
    }

    /// The schedule's rate, halved by every roll back.
    fn learning_rate(&self) -> f64 {
        let halvings = i32::try_from(self.position.rollbacks).unwrap_or(i32::MAX);
        let Position { step, plateau, .. } = &self.position;
        self.schedule.at_plateau(*step, plateau) * 0.5_f64.powi(halvings)
    }

    /// Whether the epoch could be finished: not if somebody asked to stop before or within its
    /// evaluation, which is then left to the next session.
    fn finish_epoch(
        &mut self,
        learner: &Learner<M>,
        elapsed: Duration,
    ) -> Result<bool, TrainError> {
        if self.options.stop.is_requested() {
            return Ok(false);
        }
        let epoch = self.position.step / self.steps_per_epoch;
        let validation = match self.evaluation_is_due().then(|| self.evaluate(learner)) {
            Some(Err(TrainError::Stopped)) => return Ok(false),
            Some(evaluation) => Some(evaluation?),
            None => None,
        };
        let totals = std::mem::take(&mut self.position.epoch_totals);
        let Some(train) = totals.averages() else { return Ok(true) };
        let report = EpochReport {
            epoch,
            step: self.position.step,
            train,
            validation,
            seconds: elapsed.as_secs_f64(),
            bad_images: std::mem::take(&mut self.position.epoch_bad_images),
        };
        self.position.progress = self.options.early_stop.observe(self.position.progress, &report);
        self.sink.record(&RunEvent::Epoch(report.clone()))?;
        self.last = Some(report);
        Ok(true)
    }

    fn evaluate(&mut self, learner: &Learner<M>) -> Result<Evaluation, TrainError> {
        let (model, stop) = (learner.inference_model(), &self.options.stop);
        let (loader, world) = (&self.validation, &self.exchange.world);
        let (evaluation, tally) = self.options.trace.span("evaluation", self.device, || {
            evaluate_share(&model, self.recipe, loader, self.device, stop, world)
        })?;
        self.show_confusion(&tally)?;
        self.show_layers(learner)?;
        self.schedule.observe(&mut self.position.plateau, &evaluation.averages);
        let this = Best::of(self.position.step, &evaluation.averages);
        (self.position.score, self.position.score_loss) = (Some(this.top1), this.loss);
        if self.position.best.is_none_or(|best| self.options.keep.best_by.prefers(&this, &best)) {
            self.position.best = Some(this);
        }
        Ok(evaluation)
    }
}
