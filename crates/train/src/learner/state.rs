//! What a learner has brought about so far.

use resnet_models::tensors::TensorMap;
use resnet_models::{ResNet, state_dict};

use crate::ema::Ema;
use crate::optimizer::Optimizer;

/// Everything that the next step depends on, in the host's memory.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct LearnerState {
    /// Parameters and buffers of the model by torchvision's names.
    pub model: TensorMap,
    /// What the optimizer remembers, by `SLOT/PARAMETER`.
    pub optimizer: TensorMap,
    /// The running means of the weights, empty if none are kept.
    pub ema: TensorMap,
}

impl LearnerState {
    /// Reads it back from the device; `model` is one for inference.
    pub(super) fn read(model: &ResNet, optimizer: &Optimizer, ema: Option<&Ema>) -> Self {
        Self {
            model: state_dict(model),
            optimizer: optimizer.state(),
            ema: ema.map(Ema::state).unwrap_or_default(),
        }
    }

    /// The weights for inference: the running means if those are kept.
    #[must_use]
    pub fn weights(&self) -> &TensorMap {
        if self.ema.is_empty() { &self.model } else { &self.ema }
    }
}

/// The state of a [`Learner`](super::Learner) at one moment, for another thread to write.
#[derive(Debug)]
pub struct Snapshot(pub(super) Kept);

#[derive(Debug)]
pub(super) enum Kept {
    /// In the host's memory anyway: copied by whoever reads it.
    Shared { model: Box<ResNet>, optimizer: Optimizer, ema: Option<Ema> },
    /// Read back from a device, which one thread alone talks to.
    Read(LearnerState),
}

impl Snapshot {
    /// The state.
    #[must_use]
    pub fn read(self) -> LearnerState {
        match self.0 {
            Kept::Shared { model, optimizer, ema } => {
                LearnerState::read(&model, &optimizer, ema.as_ref())
            }
            Kept::Read(state) => state,
        }
    }
}
