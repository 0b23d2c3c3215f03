//! A model and its optimizer, and the step that moves them.

use burn::tensor::{Device, Tensor};
use resnet_data::Batch;
use resnet_distributed::{CollectiveError, World};
use resnet_models::weights::WeightsError;
use resnet_models::{
    Classifier, Drops, LoadReport, Part, ResNet, StateDictError, load_state_dict,
    num_trainable_params, param_rules, set_learning,
};
use resnet_recipe::{Precision, Recipe};

use crate::backward::Cuts;
use crate::batch_norm;
use crate::criterion::Criterion;
use crate::device::is_host;
use crate::ema::Ema;
use crate::exchange::{Exchange, averaged, averaged_statistics};
use crate::flat;
use crate::gradients::GradientMap;
use crate::input::Normalizer;
use crate::meter::Meter;
use crate::mix::Mixer;
use crate::model::{NetworkError, check_images, frozen_until};
use crate::non_finite::{all_finite, restore_unless};
use crate::optimizer::Optimizer;
use crate::precision::{LossScale, float_type, is_supported};
use crate::state::Kept;
use crate::trace::Trace;
use crate::{InitialWeights, TrainError};

pub use crate::state::{LearnerState, Snapshot};

/// A model in training: a [`ResNet`], or any other [`Classifier`].
#[derive(Debug)]
pub struct Learner<M: Classifier = ResNet> {
    model: M,
    optimizer: Optimizer,
    ema: Option<Ema>,
    normalizer: Normalizer,
    mixer: Mixer,
    criterion: Criterion,
    accumulate: usize,
    precision: Precision,
    /// Kept with floats of 16 bits and small range.
    loss_scale: Option<LossScale>,
    seed: u64,
    /// The last part that the recipe keeps as it is.
    frozen: Option<Part>,
    trace: Trace,
    device: Device,
    /// What the optimizer gets in a step whose gradients are to be looked at.
    gradients: Option<GradientMap>,
    /// The other ranks, if there are any.
    exchange: Option<Exchange>,
    /// Why the ranks cannot go on.
    failure: Option<CollectiveError>,
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
    /// [`TrainError`] if there is no such network or teacher, or if the recipe's loss depends on the
    /// images of each class; [`Learner::of`] takes them.
    pub fn new(recipe: &Recipe, device: &Device) -> Result<Self, TrainError> {
        let model = crate::build(recipe, &device.clone().autodiff())?;
        Self::of(model, Criterion::new(recipe, &[], device)?, recipe, device)
    }
}

impl<M: Classifier> Learner<M> {
    /// `model`, which lies on the autodiff side of `device`, ready to be trained by `recipe` with the
    /// loss `criterion`.
    ///
    /// # Errors
    /// [`TrainError::Network`] if the recipe's images do not fit it, if it freezes all of it, or if it asks
    /// for floats that the network or the device does not take.
    pub fn of(
        model: M,
        criterion: Criterion,
        recipe: &Recipe,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let frozen = frozen_until(recipe, 0);
        check_images(&model, recipe)?;
        check_parts(&model, frozen)?;
        check_precision::<M>(recipe.train.precision, device)?;
        let training = device.clone().autodiff();
        let learner = Self {
            optimizer: Optimizer::new(&recipe.optimizer),
            ema: recipe.ema.map(|settings| Ema::new(settings, &model.valid())),
            normalizer: Normalizer::new(recipe.data.mean, recipe.data.std, &training),
            mixer: Mixer::new(&recipe.loss, recipe.train.seed),
            criterion,
            accumulate: recipe.optimizer.accumulate,
            precision: recipe.train.precision,
            loss_scale: (recipe.train.precision == Precision::F16).then(|| LossScale::new(device)),
            seed: recipe.train.seed,
            frozen: None,
            trace: Trace::default(),
            device: device.clone(),
            gradients: None,
            exchange: None,
            failure: None,
            model,
        };
        Ok(learner.frozen_until(frozen))
    }

    /// One of several that train the same network.
    #[must_use]
    pub(crate) fn among(self, exchange: Exchange) -> Self {
        let exchange = Some(exchange).filter(|exchange| !exchange.world.is_alone());
        Self { exchange, ..self }
    }

    /// Fails if the ranks could not go on in the last step, which is worth nothing then.
    pub(crate) fn check(&mut self) -> Result<(), CollectiveError> {
        self.failure.take().map_or(Ok(()), Err)
    }

    /// With all parts up to `last` kept as they are, their running statistics included; those that
    /// an earlier call froze and this one does not learn again.
    #[must_use]
    pub fn frozen_until(mut self, last: Option<Part>) -> Self {
        if let Some(last) = last {
            self.model = set_learning(self.model, Part::Stem..=last, false);
        }
        if let Some(before) = self.frozen.filter(|before| Some(*before) > last) {
            let first = last.map_or(Part::Stem, |last| Part::ALL[last as usize + 1]);
            self.model = set_learning(self.model, first..=before, true);
        }
        Self { frozen: last, ..self }
    }

    /// With the parts of its steps recorded.
    #[must_use]
    pub fn with_trace(self, trace: Trace) -> Self {
        Self { trace, ..self }
    }

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

    fn optimize(self, batch: Batch, at: StepAt, meter: &mut Meter) -> Self {
        let share = batch.weights.iter().copied().map(f64::from).sum::<f64>();
        // Ranks divide by the same number, whatever their share, so that losses add up between them.
        let examples = match &self.exchange {
            Some(_) => batch.weights.len() as f64,
            None => share.max(1.0),
        };
        let (trace, device) = (self.trace.clone(), self.device.clone());
        let mut gradients = GradientMap::default();
        let mut drops = Drops::new(self.seed, at.step);
        if let Some(Exchange { world, .. }) = &self.exchange {
            drops = drops.of_rank(world.rank(), world.size());
        }
        let parts = batch.split(self.accumulate);
        let count = parts.len();
        let mut sending = self.exchange.as_ref().map(|exchange| exchange.begin(examples));
        for (part, batch) in (0..).zip(parts) {
            // What is complete is sent while the rest is computed; without others a cut gains nothing, and
            // parts that are frozen need no gradient to arrive at them.
            let mut sending = sending.as_mut().filter(|_| part + 1 == count as u64);
            let mut cuts = Cuts::new(sending.is_some() && self.frozen.is_none());
            let loss = trace.span("forward", &device, || {
                self.loss_sum(batch, (at.step, part), &mut drops, &mut cuts, meter)
            });
            let loss = self.scaled(loss.div_scalar(examples));
            let see = |newest| {
                let newest = gradients.take_into(newest);
                match &mut sending {
                    Some(sending) => sending.push(newest),
                    None => gradients.extend(newest),
                }
            };
            trace.span("backward", &device, || cuts.backward(&loss, &self.model, see));
        }
        meter.join(count);
        let (Some(exchange), Some(mut sending)) = (self.exchange.clone(), sending) else {
            return trace.span("optimizer", &device, || self.update(at, gradients));
        };
        // Of parameters that the last part of the batch did not reach.
        sending.push(gradients);
        match trace.span("exchange", &device, || exchange.average(sending, share, meter)) {
            Ok(gradients) => {
                let moved = trace.span("optimizer", &device, || self.update(at, gradients));
                let average = || moved.with_averaged_statistics(&exchange.world);
                trace.span("exchange of statistics", &device, average)
            }
            Err(error) => Self { failure: Some(error), ..self },
        }
    }

    /// With the running statistics that all ranks have on average.
    fn with_averaged_statistics(mut self, world: &World) -> Self {
        match averaged_statistics(world, self.model.clone()) {
            Ok(model) => self.model = model,
            Err(error) => self.failure = Some(error),
        }
        self
    }

    fn scaled(&self, loss: Tensor<1>) -> Tensor<1> {
        match &self.loss_scale {
            Some(scale) => scale.apply(loss),
            None => loss,
        }
    }

    /// Moves the weights against the gradients of a [`scaled`](Self::scaled) loss; not where the
    /// factor was too large for them.
    fn update(mut self, at: StepAt, gradients: GradientMap) -> Self {
        let Some(scale) = self.loss_scale.take() else {
            self.keep(&gradients);
            self.model = self.optimizer.step(at.step, at.lr, self.model, gradients);
            return self;
        };
        let (gradients, finite) = scale.undo(gradients);
        self.keep(&gradients);
        let (before, optimizer) = (flat::tensors(&self.model.valid()), self.optimizer.clone());
        self.model = self.optimizer.step(at.step, at.lr, self.model, gradients);
        self.model = restore_unless(&finite, before, self.model);
        self.optimizer = self.optimizer.or_before(&finite, &optimizer);
        Self { loss_scale: Some(scale.updated(&finite)), ..self }
    }

    fn keep(&mut self, gradients: &GradientMap) {
        if let Some(kept) = &mut self.gradients {
            kept.clone_from(gradients);
        }
    }

    /// Takes the weights after step number `step` into their running means.
    fn averaged(mut self, step: u64) -> Self {
        if let Some(ema) = &mut self.ema {
            ema.update(step, || self.model.valid());
        }
        self
    }

    /// With statistics of BatchNorm that are averages over `batches`, for the weights that
    /// [`inference_model`](Self::inference_model) has. What is trained later does not depend on them.
    #[must_use]
    pub fn with_statistics_of(mut self, batches: impl Iterator<Item = Batch>) -> Self {
        let parts = batches.flat_map(|batch| batch.split(self.accumulate));
        let images = parts.map(|part| self.in_precision(self.normalizer.upload(part).images));
        let statistics = batch_norm::reestimated(self.inference_model(), images);
        let statistics = match &self.exchange {
            Some(exchange) => averaged(&exchange.world, statistics),
            None => Ok(statistics),
        };
        let statistics = match statistics {
            Ok(statistics) => statistics,
            Err(error) => return Self { failure: Some(error), ..self },
        };
        match &mut self.ema {
            Some(ema) => ema.replace(statistics),
            None => {
                self.model = flat::map(self.model, |tensor| statistics.get(tensor.name).cloned());
            }
        }
        self
    }

    /// The losses of the examples of one part of a batch, added up.
    fn loss_sum(
        &self,
        batch: Batch,
        (step, part): (u64, u64),
        drops: &mut Drops,
        cuts: &mut Cuts,
        meter: &mut Meter,
    ) -> Tensor<1> {
        let mixture = self.mixer.draw(step, part, (batch.height, batch.width));
        let batch = self.normalizer.upload(batch);
        let (images, targets) = mixture.apply(batch.images.clone(), batch.labels.clone());
        let features = self.in_precision(images.clone());
        let logits = self.model.train_logits_cut(features, drops, &mut |x| cuts.cut(x));
        let losses = self.criterion.per_example(images, logits.clone(), targets);
        self.criterion.count(meter, losses.clone().inner(), logits.inner(), &batch);
        (losses * batch.weights).sum()
    }

    /// Images of the floats that the convolutions compute with.
    fn in_precision(&self, images: Tensor<4>) -> Tensor<4> {
        match self.precision {
            Precision::F32 => images,
            low => images.cast(float_type(low)),
        }
    }

    /// The model for inference, with the running means of the weights if those are kept; shares
    /// nothing with the one in training.
    #[must_use]
    pub fn inference_model(&self) -> M {
        let model = self.model.valid();
        match &self.ema {
            Some(ema) => ema.apply(model),
            None => model,
        }
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

    /// Whether weights, running statistics and the optimizer's state are finite, read back from the
    /// device.
    #[must_use]
    pub fn is_finite(&self) -> bool {
        let tensors = flat::tensors(&self.model.valid());
        all_finite(tensors.values().chain(self.optimizer.slots())).into_scalar::<bool>()
    }

    /// With the gradients of the next step kept until the one after it, or not.
    #[must_use]
    pub(crate) fn keeping_gradients(self, keep: bool) -> Self {
        Self { gradients: keep.then(GradientMap::default), ..self }
    }

    /// Shows the gradients that were kept with their parameters' names to `see`, read back from the device.
    pub(crate) fn see_gradients(&self, mut see: impl FnMut(&str, &[f32])) {
        for (name, gradient) in self.gradients.iter().flat_map(GradientMap::named) {
            let values: Vec<f32> = gradient.clone().into_data().iter::<f32>().collect();
            see(name, &values);
        }
    }

    /// Shows every tensor of the model with its name to `see`, read back from the device.
    pub(crate) fn see_weights(&self, mut see: impl FnMut(&str, &[f32])) {
        flat::visit(&self.model.valid(), |tensor| {
            let values: Vec<f32> = tensor.values.into_data().iter::<f32>().collect();
            see(tensor.name, &values);
        });
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
        num_trainable_params(&self.model)
    }
}

/// Whether anything is left to learn.
fn check_parts<M: Classifier>(model: &M, frozen: Option<Part>) -> Result<(), NetworkError> {
    let Some(last) = frozen else { return Ok(()) };
    let learns = param_rules(model, 1.0).keys().any(|key| Part::of(key) > last);
    if learns { Ok(()) } else { Err(NetworkError::NothingLearns { last }) }
}

/// Whether network and device compute with such floats.
fn check_precision<M: Classifier>(wanted: Precision, device: &Device) -> Result<(), NetworkError> {
    if wanted != Precision::F32 && !M::TAKES_16_BITS {
        return Err(NetworkError::Precision { wanted, who: "this network" });
    }
    if !is_supported(wanted, device) {
        return Err(NetworkError::Precision { wanted, who: "the device" });
    }
    Ok(())
}
