//! Going back to the last checkpoint.

use resnet_models::Classifier;

use super::Session;
use crate::TrainError;
use crate::checkpoint::Position;
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
        let rollbacks = self.position.rollbacks + 1;
        let images = self.position.images.take();
        let begun = resume::begin(self.recipe, &self.fresh, &self.store, self.device)?;
        self.position = Position { rollbacks, images, ..begun.position };
        self.meter = Meter::default();
        Ok(begun.learner)
    }
}
