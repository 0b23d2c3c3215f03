//! When a checkpoint is due, and what is told when it is safe.

use std::path::PathBuf;
use std::time::Instant;

use resnet_models::Classifier;
use resnet_recipe::{RunEvent, Sink};

use super::Session;
use crate::TrainError;
use crate::checkpoint::{Checkpoint, Writer, Written, step_of};
use crate::learner::Learner;
use crate::out_of_memory::caught;

/// The writer, and when it was last used.
pub(crate) struct Saver {
    writer: Writer,
    /// The newest checkpoint that is safe.
    pub(crate) newest: Option<PathBuf>,
    last_save: Instant,
    /// A checkpoint was due while another one was being written.
    overdue: bool,
}

impl Saver {
    pub(crate) fn new(writer: Writer, newest: Option<PathBuf>) -> Self {
        Self { writer, newest, last_save: Instant::now(), overdue: false }
    }

    /// The step from which a run would go on now.
    pub(super) fn last_step(&self) -> u64 {
        self.newest.as_deref().and_then(step_of).unwrap_or(0)
    }
}

impl<M: Classifier + 'static> Session<'_, M> {
    /// Whether to write a checkpoint within the epoch; at its end one is written in any case.
    pub(super) fn saves_now(&mut self) -> bool {
        let (step, options, saver) = (self.position.step, self.options, &mut self.saver);
        let by_steps = options.checkpoint_every.is_some_and(|every| step.is_multiple_of(every));
        let by_time =
            options.checkpoint_after.is_some_and(|time| saver.last_save.elapsed() >= time);
        // The step does not wait for the disk: what is due is made up for when that is free.
        saver.overdue |= by_steps || by_time;
        saver.overdue && !saver.writer.is_busy()
    }

    /// Hands the state to the writer, which does the rest; of several ranks, that of the chief.
    pub(super) fn save(&mut self, learner: &Learner<M>) -> Result<(), TrainError> {
        // On every rank: where a checkpoint stays due, each step reads back.
        (self.saver.last_save, self.saver.overdue) = (Instant::now(), false);
        if !self.exchange.world().is_chief() {
            return Ok(());
        }
        let (snapshot, position) = (learner.snapshot(), self.position.clone());
        let best = position.is_best().then(|| self.folder.best());
        let recipe = self.recipe.clone();
        let checkpoint = move || Checkpoint { learner: snapshot.read(), position, recipe };
        let written = self.saver.writer.start(checkpoint, best)?;
        self.tell(written)
    }

    /// Saves the steps since the last checkpoint before an error ends the run, and waits for it.
    pub(super) fn keep_steps(&mut self, learner: &Learner<M>) -> Result<(), TrainError> {
        self.finish_saving()?;
        if self.position.step == self.saver.last_step() {
            return Ok(());
        }
        // A device without room may have none for this either; then the first complaint is the one to tell.
        caught(|| self.save(learner)).unwrap_or(Ok(()))?;
        self.finish_saving()
    }

    /// Tells of a checkpoint that is on the disk by now, or fails if it cannot be.
    pub(super) fn notice_saved(&mut self) -> Result<(), TrainError> {
        let written = self.saver.writer.finished()?;
        self.tell(written)
    }

    /// Waits until everything is on the disk.
    pub(super) fn finish_saving(&mut self) -> Result<(), TrainError> {
        let written = self.saver.writer.wait()?;
        self.tell(written)
    }

    fn tell(&mut self, written: Option<Written>) -> Result<(), TrainError> {
        let Some(Written { checkpoint, best }) = written else { return Ok(()) };
        self.sink.record(&RunEvent::Checkpoint(&checkpoint))?;
        if let Some(best) = best {
            self.sink.record(&RunEvent::Best(&best))?;
        }
        self.saver.newest = Some(checkpoint);
        Ok(())
    }
}
