//! What the steps since the last report have shown.

use std::time::{Duration, Instant};

use resnet_models::Classifier;
use resnet_recipe::{NonFinite, RunEvent, Sink, StepReport, Totals};

use super::Session;
use crate::TrainError;
use crate::learner::Learner;
use crate::memory::held_bytes;
use crate::meter::StepTotals;
use crate::non_finite::{MAX_SKIPS_IN_A_ROW, OnNonFinite, image_names};

/// A report is due after this time even if fewer than `log_every` steps were made.
const REPORT_AFTER: Duration = Duration::from_secs(10);

/// The time since the last report.
pub(super) struct Window {
    started: Instant,
    first_step: u64,
    pub(super) waited: Duration,
    /// Learning rate of the last step.
    pub(super) lr: f64,
}

impl Window {
    pub(super) fn start(first_step: u64) -> Self {
        Self { started: Instant::now(), first_step, waited: Duration::ZERO, lr: 0.0 }
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
    ) -> Result<Window, TrainError> {
        self.notice_saved()?;
        let (steps, health) = self.meter.take_steps_and(learner.health());
        let (totals, last_loss) = self.count_steps(window.first_step, steps)?;
        let step = self.position.step;
        if let (Some(train), &[l2_loss, finite]) = (totals.averages(), &health[..]) {
            // The last step may have spoilt the weights: no checkpoint must hold them.
            if !l2_loss.is_finite() || finite == 0.0 {
                return Err(self.diverged(step, last_loss)?);
            }
            let seconds = window.started.elapsed().as_secs_f64();
            let steps = (step - window.first_step) as f64;
            let report = StepReport {
                step,
                epoch: step as f64 / self.steps_per_epoch as f64,
                loss: train.cross_entropy + l2_loss,
                train,
                l2_loss,
                learning_rate: window.lr,
                images_per_second: steps * self.recipe.train.batch_size as f64 / seconds,
                steps_per_second: steps / seconds,
                loader_wait: window.waited.as_secs_f64() / seconds,
                memory_bytes: held_bytes(),
            };
            self.sink.record(&RunEvent::Step(report))?;
        }
        Ok(Window::start(step))
    }

    /// The sums over those of `steps` that were kept, the first of which is `first_step + 1`, and the
    /// cross-entropy of the last.
    fn count_steps(
        &mut self,
        first_step: u64,
        steps: Vec<StepTotals>,
    ) -> Result<(Totals, f64), TrainError> {
        let (mut totals, mut last) = (Totals::default(), f64::NAN);
        for (step, StepTotals { totals: counted, kept }) in (first_step + 1..).zip(steps) {
            let loss = counted.cross_entropy / counted.examples;
            if kept && counted.cross_entropy.is_finite() {
                self.skipped_in_a_row = 0;
                totals.add(&counted);
                self.position.epoch_totals.add(&counted);
                last = loss;
            } else {
                self.not_finite(step, loss)?;
            }
        }
        Ok((totals, last))
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

    /// The error for a `step` whose loss is not finite, or if it is, whose weights are not, after passing
    /// its images on.
    fn diverged(&mut self, step: u64, loss: f64) -> Result<TrainError, TrainError> {
        let images = self.images_of_step(step);
        let action = if self.may_roll_back() { "rolled back" } else { "stopped" };
        let spoilt = NonFinite { step, loss, action, images };
        self.sink.record(&RunEvent::NonFinite(spoilt.clone()))?;
        Ok(TrainError::Diverged { spoilt, last_checkpoint: self.saver.last_step() })
    }

    /// The images of all ranks: which of them has spoilt the step is not known.
    fn images_of_step(&self, step: u64) -> Vec<String> {
        let done = step.saturating_sub(1);
        let (epoch, batch) = (done / self.steps_per_epoch, done % self.steps_per_epoch);
        image_names(&self.loader, epoch, batch as usize)
    }
}
