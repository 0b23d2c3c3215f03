//! A model and its optimizer, and the step that moves them.

mod state;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use resnet_data::Batch;
use resnet_models::{ResNet, StateDictError, UnknownSize, load_state_dict};
use resnet_recipe::{Loss, Recipe};

use crate::device::is_host;
use crate::ema::Ema;
use crate::flat;
use crate::gradients::GradientMap;
use crate::input::Normalizer;
use crate::loss::per_example;
use crate::meter::Meter;
use crate::mix::Mixer;
use crate::non_finite::{all_finite, restore_unless};
use crate::optimizer::Optimizer;
use state::Kept;

pub use state::{LearnerState, Snapshot};

/// A model in training.
#[derive(Debug)]
pub struct Learner {
    model: ResNet,
    optimizer: Optimizer,
    ema: Option<Ema>,
    normalizer: Normalizer,
    mixer: Mixer,
    loss: Loss,
    accumulate: usize,
    device: Device,
}

/// Where a run is when it makes a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepAt {
    /// Number of the step, from 0.
    pub step: u64,
    /// Its length.
    pub lr: f64,
}

impl Learner {
    /// The network of `recipe` with its initial weights, ready to train on `device` (given without
    /// autodiff).
    ///
    /// # Errors
    /// [`UnknownSize`] if there is no such network.
    pub fn new(recipe: &Recipe, device: &Device) -> Result<Self, UnknownSize> {
        let training = device.clone().autodiff();
        let model = crate::build(recipe, &training)?;
        Ok(Self {
            optimizer: Optimizer::new(&recipe.optimizer),
            ema: recipe.ema.map(|settings| Ema::new(settings, &model.valid())),
            normalizer: Normalizer::new(recipe.data.mean, recipe.data.std, &training),
            mixer: Mixer::new(&recipe.loss, recipe.train.seed),
            loss: recipe.loss.clone(),
            accumulate: recipe.optimizer.accumulate,
            device: device.clone(),
            model,
        })
    }

    /// Puts a saved state in place. If it comes from a run without running means, they start at its
    /// weights.
    ///
    /// # Errors
    /// [`StateDictError`] if it belongs to another architecture.
    pub fn restore(mut self, state: LearnerState) -> Result<Self, StateDictError> {
        (self.model, _) = load_state_dict(self.model, state.model)?;
        self.optimizer.load_state(state.optimizer, &self.device);
        if let Some(ema) = &mut self.ema {
            *ema = ema.restarted(&self.model.valid());
            ema.load_state(state.ema, &self.device);
        }
        Ok(self)
    }

    /// One optimizer step on `batch`; what it saw is added to `meter`. Nothing is read back from the
    /// device.
    #[must_use]
    pub fn step(self, batch: Batch, at: StepAt, meter: &mut Meter) -> Self {
        self.optimize(batch, at, meter).averaged(at.step)
    }

    /// As [`step`](Self::step), but undone where it leaves anything infinite or not a number; the
    /// meter then marks the batch. The choice is made on the device: nothing is read back.
    #[must_use]
    pub fn step_if_finite(self, batch: Batch, at: StepAt, meter: &mut Meter) -> Self {
        let (before, optimizer) = (flat::tensors(&self.model.valid()), self.optimizer.clone());
        let mut after = self.optimize(batch, at, meter);
        let tensors = flat::tensors(&after.model.valid());
        let newest = meter.newest();
        let state = tensors.values().chain(after.optimizer.slots());
        let ok = all_finite(state.chain([&newest]));
        after.model = restore_unless(&ok, before, after.model);
        after.optimizer = after.optimizer.or_before(&ok, &optimizer);
        meter.mark(ok);
        after.averaged(at.step)
    }

    fn optimize(mut self, batch: Batch, at: StepAt, meter: &mut Meter) -> Self {
        let examples = batch.weights.iter().copied().map(f64::from).sum::<f64>().max(1.0);
        let mut gradients = GradientMap::default();
        let parts = batch.split(self.accumulate);
        let count = parts.len();
        for (part, batch) in (0..).zip(parts) {
            let loss = self.loss_sum(batch, (at.step, part), meter).div_scalar(examples);
            gradients = gradients + GradientMap::collect(&self.model, loss.backward());
        }
        meter.join(count);
        self.model = self.optimizer.step(at.step, at.lr, self.model, gradients);
        self
    }

    /// Takes the weights after step number `step` into their running means.
    fn averaged(mut self, step: u64) -> Self {
        if let Some(ema) = &mut self.ema {
            ema.update(step, || self.model.valid());
        }
        self
    }

    /// The losses of the examples of one part of a batch, added up.
    fn loss_sum(&self, batch: Batch, (step, part): (u64, u64), meter: &mut Meter) -> Tensor<1> {
        let mixture = self.mixer.draw(step, part, (batch.height, batch.width));
        let batch = self.normalizer.upload(batch);
        let (images, targets) = mixture.apply(batch.images.clone(), batch.labels.clone());
        let logits = self.model.forward(images);
        let losses = per_example(&self.loss, logits.clone(), targets);
        meter.add(losses.clone().inner(), logits.inner(), &batch);
        (losses * batch.weights).sum()
    }

    /// The model for inference, with the running means of the weights if those are kept; shares
    /// nothing with the one in training.
    #[must_use]
    pub fn inference_model(&self) -> ResNet {
        let model = self.model.valid();
        match &self.ema {
            Some(ema) => ema.apply(model),
            None => model,
        }
    }

    /// What a checkpoint holds of this moment; it stays as it is while the learner goes on. On the
    /// CPU nothing is copied yet, elsewhere it is read back.
    #[must_use]
    pub fn snapshot(&self) -> Snapshot {
        Snapshot(if is_host(&self.device) {
            let (optimizer, ema) = (self.optimizer.clone(), self.ema.clone());
            Kept::Shared { model: Box::new(self.model.valid()), optimizer, ema }
        } else {
            Kept::Read(self.state())
        })
    }

    /// Everything that the next step depends on.
    #[must_use]
    pub fn state(&self) -> LearnerState {
        LearnerState::read(&self.model.valid(), &self.optimizer, self.ema.as_ref())
    }

    /// Whether weights, running statistics and the optimizer's state are finite, read back from the
    /// device.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let tensors = flat::tensors(&self.model.valid());
        all_finite(tensors.values().chain(self.optimizer.slots())).into_scalar::<bool>()
    }

    /// The l2 loss of the weights, read back from the device.
    #[must_use]
    pub fn l2_loss(&self) -> f64 {
        let loss: Tensor<1> = self.optimizer.l2_loss(&self.model, &self.device);
        f64::from(loss.into_scalar::<f32>())
    }

    /// Trainable parameters.
    #[must_use]
    pub fn num_trainable_params(&self) -> usize {
        self.model.num_trainable_params()
    }
}
