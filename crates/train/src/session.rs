//! The loop of a run: epochs, evaluations, and when to end.

mod epoch_end;
mod rollback;
mod saving;
mod showing;
mod window;

use std::time::{Duration, Instant};

use burn::tensor::Device;
use resnet_data::{Batch, Loader};
use resnet_models::Classifier;
use resnet_recipe::{EpochReport, Fanout, LrSchedule, Recipe, Resumed, RunEvent, RunStart, Sink};

use crate::TrainError;
use crate::checkpoint::{Position, Store};
use crate::exchange::{Exchange, gather_epoch};
use crate::folder::ModelFolder;
use crate::identity::Datasets;
use crate::learner::{Learner, StepAt};
use crate::meter::Meter;
use crate::model::frozen_until;
use crate::non_finite::OnNonFinite;
use crate::options::{Outcome, RunOptions};
use crate::out_of_memory::{self, caught};
use crate::resume::Fresh;
use crate::stopping::Ending;
use crate::transforms::training_transform_at;
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
            // Whoever was asked to stop since the last step.
            self.settle(Ok(()))?;
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
            let batch = match self.settle(batch.map_err(TrainError::from)) {
                Err(error @ TrainError::RanksInStep { .. }) => return Err(error),
                Err(error) => return Err(self.without_images(&learner, &window, error)),
                Ok(batch) => batch,
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

    /// The `error` of a batch that cannot be loaded, by this rank or another, with the steps before it on the
    /// disk: whoever mends the images goes on from there.
    fn without_images(
        &mut self,
        learner: &Learner<M>,
        window: &Window,
        error: TrainError,
    ) -> TrainError {
        // The losses are looked at first: no checkpoint must hold weights that are not finite.
        let kept = self
            .look_back(learner, window)
            .and_then(|_window| self.gather_bad_images())
            .and_then(|()| self.keep_steps(learner));
        kept.err().unwrap_or_else(|| self.once_the_chief_has_saved(error))
    }

    /// The `error`; of one that all ranks have, after rank 0 has come here: what it saves must not be ended by
    /// the others.
    fn once_the_chief_has_saved(&self, error: TrainError) -> TrainError {
        if matches!(error, TrainError::Rank { .. }) {
            // That error matters more than what keeps the ranks from meeting now.
            self.exchange.world().gather(Vec::new()).ok();
        }
        error
    }

    /// `result`, if every rank has one; see [`Agreement::settle`](crate::exchange::Agreement::settle).
    fn settle<T>(&self, result: Result<T, TrainError>) -> Result<T, TrainError> {
        let step = self.position.step;
        self.exchange.ranks.settle(result).map_err(|error| match error {
            TrainError::Ranks(source) => TrainError::RanksInStep { step, source },
            error => error,
        })
    }

    /// On rank 0, the unreadable images that all ranks have met since they last told; on the others none,
    /// so that none is told twice.
    fn gather_bad_images(&mut self) -> Result<(), TrainError> {
        let world = self.exchange.world();
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
        out_of_memory::in_step(self.recipe, self.exchange.world().size(), complaint)
    }

    /// Changes the loader where the images of an epoch have another size than those before.
    fn use_resolution_of(&mut self, epoch: u64) -> Result<(), TrainError> {
        let size = self.recipe.training_size(epoch);
        if self.loader.options().transform.size != size {
            self.loader = self.loader.with_transform(training_transform_at(self.recipe, size))?;
        }
        Ok(())
    }

    /// The schedule's rate, halved by every roll back.
    fn learning_rate(&self) -> f64 {
        let halvings = i32::try_from(self.position.rollbacks).unwrap_or(i32::MAX);
        let Position { step, plateau, .. } = &self.position;
        self.schedule.at_plateau(*step, plateau) * 0.5_f64.powi(halvings)
    }
}
