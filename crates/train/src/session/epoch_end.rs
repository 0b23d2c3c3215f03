//! The end of an epoch: what is evaluated, and what is told.

use std::time::Duration;

use resnet_models::Classifier;
use resnet_recipe::{EpochReport, Evaluation, RunEvent, Sink};

use super::Session;
use crate::TrainError;
use crate::checkpoint::{Best, Position};
use crate::evaluate::evaluate_share;
use crate::learner::Learner;
use crate::out_of_memory::{self, caught};

impl<M: Classifier + 'static> Session<'_, M> {
    /// Evaluates at the end of an epoch, and saves; whoever was asked to stop only saves. What keeps the
    /// evaluation from its end does not cost the steps before it.
    pub(super) fn after_steps(
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
            return Err(self.once_the_chief_has_saved(error));
        }
        self.save(&learner)?;
        Ok(learner)
    }

    /// The evaluation that is due and the report of the epoch; whether that could be finished.
    pub(super) fn close_epoch(
        &mut self,
        learner: &mut Learner<M>,
        elapsed: Duration,
    ) -> Result<bool, TrainError> {
        self.settle(Ok(()))?;
        let closed = caught(|| {
            self.prepare_evaluation(learner)?;
            self.finish_epoch(learner, elapsed)
        });
        let ranks = self.exchange.world().size();
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
    pub(super) fn epoch_is_open(&self) -> bool {
        let Position { step, epoch_totals, .. } = &self.position;
        step.is_multiple_of(self.steps_per_epoch) && epoch_totals.examples > 0.0
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
        let (model, loader) = (learner.inference_model(), &self.validation);
        let (evaluation, tally) = self.options.trace.span("evaluation", self.device, || {
            evaluate_share(&model, self.recipe, loader, self.device, &self.exchange.ranks)
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
