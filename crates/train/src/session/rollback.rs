//! Going back to the last checkpoint.

use resnet_models::Classifier;
use resnet_recipe::{Damaged, RunEvent, Sink};

use super::Session;
use crate::TrainError;
use crate::checkpoint::{Position, step_of};
use crate::learner::Learner;
use crate::meter::Meter;
use crate::non_finite::OnNonFinite;
use crate::resume;

impl<M: Classifier + 'static> Session<'_, M> {
    pub(super) fn may_roll_back(&self) -> bool {
        match self.options.on_non_finite {
            OnNonFinite::RollBack { max } => self.position.rollbacks < max,
            _ => false,
        }
    }

    /// The learner of the last checkpoint, or of the start, to go on with half the learning rate; or
    /// `error`, if that was tried often enough or is not wanted.
    pub(super) fn roll_back(&mut self, error: TrainError) -> Result<Learner<M>, TrainError> {
        if !self.may_roll_back() {
            return Err(error);
        }
        self.finish_saving()?;
        self.give_up_checkpoint()?;
        let rollbacks = self.position.rollbacks + 1;
        let images = self.position.images.take();
        let begun = resume::begin(self.recipe, &self.fresh, &self.store, self.device)?;
        let rolled_back_to = begun.path.as_deref().and_then(step_of);
        self.saver.newest = begun.path;
        // The best weights of the run are on the disk still, whatever came after them.
        let best = self.position.best;
        self.position = Position { rollbacks, images, rolled_back_to, best, ..begun.position };
        self.meter = Meter::default();
        Ok(begun.learner)
    }

    /// Sets the newest checkpoint aside if the run came to grief from it before: its weights may be
    /// finite, but so large that no rate helps.
    fn give_up_checkpoint(&mut self) -> Result<(), TrainError> {
        let Some(path) = self.saver.newest.take() else { return Ok(()) };
        if step_of(&path).is_none() || step_of(&path) != self.position.rolled_back_to {
            return Ok(());
        }
        let reason = "the run diverged from it twice".to_owned();
        let event = Damaged { path: self.store.set_aside(&path)?, reason };
        Ok(self.sink.record(&RunEvent::Damaged(event))?)
    }
}
