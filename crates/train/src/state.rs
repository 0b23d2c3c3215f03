//! What a learner has brought about so far.

use resnet_models::tensors::TensorMap;
use resnet_models::{Classifier, state_dict};

use crate::ema::Ema;
use crate::optimizer::Optimizer;
use crate::precision::LossScale;

/// Everything that the next step depends on, in the host's memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LearnerState {
    /// Parameters and buffers of the model by torchvision's names.
    pub model: TensorMap,
    /// What the optimizer remembers, by `SLOT/PARAMETER`, and the factor of the loss.
    pub optimizer: TensorMap,
    /// The running means of the weights, empty if none are kept.
    pub ema: TensorMap,
}

impl LearnerState {
    /// Reads it back from the device; `model` is one for inference.
    pub(crate) fn read<M: Classifier>(
        model: &M,
        optimizer: &Optimizer,
        ema: Option<&Ema>,
        scale: Option<&LossScale>,
    ) -> Self {
        let scale = scale.map(LossScale::state).unwrap_or_default();
        Self {
            model: state_dict(model),
            optimizer: optimizer.state().into_iter().chain(scale).collect(),
            ema: ema.map(Ema::state).unwrap_or_default(),
        }
    }

    /// The state for a run that goes on with another rule of the optimizer, which begins anew: the same
    /// name, a mean of gradients say, is of another scale there.
    pub(crate) fn for_another_rule(mut self) -> Self {
        self.optimizer.retain(|name, _| LossScale::owns(name));
        self
    }

    /// The weights for inference: the running means if those are kept.
    #[must_use]
    pub fn weights(&self) -> &TensorMap {
        if self.ema.is_empty() { &self.model } else { &self.ema }
    }
}

/// The state of a [`Learner`](crate::learner::Learner) at one moment, for another thread to write.
#[derive(Debug)]
pub struct Snapshot<M: Classifier>(pub(crate) Kept<M>);

#[derive(Debug)]
pub(crate) enum Kept<M> {
    /// In the host's memory anyway: copied by whoever reads it.
    Shared { model: Box<M>, optimizer: Optimizer, ema: Option<Ema>, scale: Box<Option<LossScale>> },
    /// Read back from a device, which one thread alone talks to.
    Read(LearnerState),
}

impl<M: Classifier> Snapshot<M> {
    /// The state.
    #[must_use]
    pub fn read(self) -> LearnerState {
        match self.0 {
            Kept::Shared { model, optimizer, ema, scale } => {
                LearnerState::read(&*model, &optimizer, ema.as_ref(), Option::as_ref(&scale))
            }
            Kept::Read(state) => state,
        }
    }
}
