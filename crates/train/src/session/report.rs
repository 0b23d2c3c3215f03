//! What the steps since the last report have shown.

use std::time::{Duration, Instant};

use resnet_models::Classifier;
use resnet_recipe::{NonFinite, RunEvent, Sink, StepReport, Totals};

use super::Session;
use crate::TrainError;
use crate::batch_size::held_bytes;
use crate::learner::Learner;
use crate::meter::StepTotals;
use crate::non_finite::{MAX_SKIPS_IN_A_ROW, OnNonFinite, image_names};

/// A report is due after this time even if fewer than `log_every` steps were made.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// The time since the last report.
pub(super) struct Window {
    started: Instant,
    first_step: u64,
    pub(super) waited: Duration,
}

impl Window {
    pub(super) fn start(first_step: u64) -> Self {
        Self { started: Instant::now(), first_step, waited: Duration::ZERO }
    }
}

impl<M: Classifier + 'static> Session<'_, M> {
    pub(super) fn reports_now(&self, window: &Window) -> bool {
        self.position.step.is_multiple_of(self.options.log_every.max(1))
            || window.started.elapsed() > REPORT_AFTER
    }

    /// Reads the counts of the steps since the last report back and passes them on.
    pub(super) fn report(
        &mut self,
        learner: &Learner<M>,
        window: &Window,
        lr: f64,
    ) -> Result<Window, TrainError> {
        self.notice_saved()?;
        let totals = self.count_steps(window.first_step)?;
        let l2_loss = learner.l2_loss();
        let step = self.position.step;
        if let Some(train) = totals.averages() {
            let loss = train.cross_entropy + l2_loss;
            // The last step may have spoilt the weights: no checkpoint must hold them.
            if !loss.is_finite() || !learner.is_finite() {
                return Err(self.diverged(step, loss)?);
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
                memory_bytes: held_bytes(),
            };
            self.sink.record(&RunEvent::Step(report))?;
        }
        Ok(Window::start(step))
    }

    /// The sums over the steps that were kept; the first one is `first_step + 1`.
    fn count_steps(&mut self, first_step: u64) -> Result<Totals, TrainError> {
        let mut totals = Totals::default();
        for (step, StepTotals { totals: counted, kept }) in
            (first_step + 1..).zip(self.meter.take_steps())
        {
            if kept && counted.cross_entropy.is_finite() {
                self.skipped_in_a_row = 0;
                totals.add(&counted);
                self.position.epoch_totals.add(&counted);
            } else {
                self.not_finite(step, counted.cross_entropy / counted.examples)?;
            }
        }
        Ok(totals)
    }

    /// A step that went wrong: passed over if it was undone, else the end of this attempt.
    fn not_finite(&mut self, step: u64, loss: f64) -> Result<(), TrainError> {
        self.skipped_in_a_row += 1;
        let skips = self.options.on_non_finite == OnNonFinite::SkipStep;
        if !skips || self.skipped_in_a_row > MAX_SKIPS_IN_A_ROW {
            return Err(self.diverged(step, loss)?);
        }
        let images = self.images_of_step(step);
        let event = NonFinite { step, loss, action: "skipped", images };
        Ok(self.sink.record(&RunEvent::NonFinite(event))?)
    }

    /// The error for a `step` without a finite loss, after passing its images on.
    fn diverged(&mut self, step: u64, loss: f64) -> Result<TrainError, TrainError> {
        let images = self.images_of_step(step);
        let action = if self.may_roll_back() { "rolled back" } else { "stopped" };
        let event = NonFinite { step, loss, action, images: images.clone() };
        self.sink.record(&RunEvent::NonFinite(event))?;
        let last_checkpoint = self.saver.last_step();
        Ok(TrainError::Diverged { step, loss, last_checkpoint, images })
    }

    fn images_of_step(&self, step: u64) -> Vec<String> {
        let done = step.saturating_sub(1);
        let (epoch, batch) = (done / self.steps_per_epoch, done % self.steps_per_epoch);
        image_names(&self.loader, epoch, batch as usize)
    }
}
