//! What goes into a learner and what is kept of it.

use resnet_models::weights::WeightsError;
use resnet_models::{Classifier, LoadReport, StateDictError, load_state_dict};

use super::Learner;
use crate::InitialWeights;
use crate::device::is_host;
use crate::state::{Kept, LearnerState, Snapshot};

impl<M: Classifier> Learner<M> {
    /// Puts a saved state in place. If it comes from a run without running means, they start at its
    /// weights.
    ///
    /// # Errors
    /// [`StateDictError`] if it belongs to another architecture.
    pub fn restore(mut self, mut state: LearnerState) -> Result<Self, StateDictError> {
        (self.model, _) = load_state_dict(self.model, state.model)?;
        if let Some(scale) = &mut self.loss_scale {
            scale.load_state(&mut state.optimizer, &self.device);
        }
        self.optimizer.load_state(state.optimizer, &self.device);
        if let Some(ema) = &mut self.ema {
            *ema = ema.restarted(&self.model.valid());
            ema.load_state(state.ema, &self.device);
        }
        Ok(self)
    }

    /// Begins with weights from elsewhere.
    ///
    /// # Errors
    /// [`WeightsError`] if they do not fit.
    pub fn with_weights(
        mut self,
        initial: &InitialWeights,
    ) -> Result<(Self, LoadReport), WeightsError> {
        let report;
        (self.model, report) = initial.weights.clone().load(self.model, &initial.fit)?;
        if let Some(ema) = &mut self.ema {
            *ema = ema.restarted(&self.model.valid());
        }
        Ok((self, report))
    }

    /// What a checkpoint holds of this moment; it stays as it is while the learner goes on. On the
    /// CPU nothing is copied yet, elsewhere it is read back.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot<M> {
        Snapshot(if is_host(&self.device) {
            let (optimizer, ema) = (self.optimizer.clone(), self.ema.clone());
            let (model, scale) = (Box::new(self.model.valid()), Box::new(self.loss_scale.clone()));
            Kept::Shared { model, optimizer, ema, scale }
        } else {
            Kept::Read(self.state())
        })
    }

    /// Everything that the next step depends on.
    #[must_use]
    pub fn state(&self) -> LearnerState {
        let (ema, scale) = (self.ema.as_ref(), self.loss_scale.as_ref());
        LearnerState::read(&self.model.valid(), &self.optimizer, ema, scale)
    }
}
