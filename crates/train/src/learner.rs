//! A model and its optimizer, and the step that moves them.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use resnet_data::Batch;
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNet, StateDictError, UnknownSize, load_state_dict, state_dict};
use resnet_recipe::Recipe;

use crate::device::is_host;
use crate::input::Normalizer;
use crate::loss::cross_entropy;
use crate::meter::Meter;
use crate::non_finite::{all_finite, flat_tensors, restore_unless};
use crate::sgd::Sgd;

/// The state of a [`Learner`] at one moment, for another thread to write.
#[derive(Debug)]
pub struct Snapshot(State);

#[derive(Debug)]
enum State {
    /// In the host's memory anyway: copied by whoever reads it.
    Shared { model: Box<ResNet>, sgd: Sgd },
    /// Read back from a device, which one thread alone talks to.
    Read { model: TensorMap, sgd: TensorMap },
}

impl Snapshot {
    /// The parameters and buffers by torchvision's names, and the optimizer's velocities.
    #[must_use]
    pub fn read(self) -> (TensorMap, TensorMap) {
        match self.0 {
            State::Shared { model, sgd } => (state_dict(&*model), sgd.state()),
            State::Read { model, sgd } => (model, sgd),
        }
    }
}

/// A model in training.
#[derive(Debug)]
pub struct Learner {
    model: ResNet,
    sgd: Sgd,
    normalizer: Normalizer,
    label_smoothing: f64,
    device: Device,
}

impl Learner {
    /// The network of `recipe` with its initial weights, ready to train on `device` (given without
    /// autodiff).
    ///
    /// # Errors
    /// [`UnknownSize`] if there is no such network.
    pub fn new(recipe: &Recipe, device: &Device) -> Result<Self, UnknownSize> {
        let training = device.clone().autodiff();
        let optimizer = &recipe.optimizer;
        Ok(Self {
            model: crate::build(recipe, &training)?,
            sgd: Sgd::new(optimizer.momentum, optimizer.nesterov, optimizer.weight_decay),
            normalizer: Normalizer::new(recipe.data.mean, recipe.data.std, &training),
            label_smoothing: optimizer.label_smoothing,
            device: device.clone(),
        })
    }

    /// Puts a saved model and the optimizer's velocities in place.
    ///
    /// # Errors
    /// [`StateDictError`] if they belong to another architecture.
    pub fn restore(mut self, model: TensorMap, sgd: TensorMap) -> Result<Self, StateDictError> {
        (self.model, _) = load_state_dict(self.model, model)?;
        self.sgd.load_state(sgd, &self.device);
        Ok(self)
    }

    /// One optimizer step on `batch` at rate `lr`; what it saw is added to `meter`. Nothing is read
    /// back from the device.
    #[must_use]
    pub fn step(mut self, batch: Batch, lr: f64, meter: &mut Meter) -> Self {
        let batch = self.normalizer.upload(batch);
        let logits = self.model.forward(batch.images.clone());
        let per_example = cross_entropy(logits.clone(), batch.labels.clone(), self.label_smoothing);
        meter.add(per_example.clone().inner(), logits.inner(), &batch);
        let mean = (per_example * batch.weights).sum().div_scalar(batch.examples.max(1.0));
        self.model = self.sgd.step(lr, self.model, mean.backward());
        self
    }

    /// As [`step`](Self::step), but undone where it leaves anything infinite or not a number; the
    /// meter then marks the batch. The choice is made on the device: nothing is read back.
    #[must_use]
    pub fn step_if_finite(self, batch: Batch, lr: f64, meter: &mut Meter) -> Self {
        let (before, sgd_before) = (flat_tensors(&self.model), self.sgd.clone());
        let mut after = self.step(batch, lr, meter);
        let tensors = flat_tensors(&after.model);
        let state = tensors.values().chain(after.sgd.velocities());
        let ok = all_finite(state, meter.newest());
        after.model = restore_unless(&ok, before, after.model);
        after.sgd = after.sgd.or_before(&ok, &sgd_before);
        meter.mark(ok);
        after
    }

    /// The model for inference; shares nothing with the one in training.
    #[must_use]
    pub fn inference_model(&self) -> ResNet {
        self.model.valid()
    }

    /// What a checkpoint holds of this moment; it stays as it is while the learner goes on. On the
    /// CPU nothing is copied yet, elsewhere it is read back.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(if is_host(&self.device) {
            State::Shared { model: Box::new(self.inference_model()), sgd: self.sgd.clone() }
        } else {
            State::Read { model: self.model_state(), sgd: self.optimizer_state() }
        })
    }

    /// Parameters and buffers by torchvision's names.
    #[must_use]
    pub fn model_state(&self) -> TensorMap {
        state_dict(&self.inference_model())
    }

    /// The optimizer's velocities by parameter name.
    #[must_use]
    pub fn optimizer_state(&self) -> TensorMap {
        self.sgd.state()
    }

    /// The l2 loss of the weights, read back from the device.
    #[must_use]
    pub fn l2_loss(&self) -> f64 {
        let loss: Tensor<1> = self.sgd.l2_loss(&self.model, &self.device);
        f64::from(loss.into_scalar::<f32>())
    }

    /// Trainable parameters.
    #[must_use]
    pub fn num_trainable_params(&self) -> usize {
        self.model.num_trainable_params()
    }
}
