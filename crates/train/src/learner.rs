//! A model and its optimizer, and the step that moves them.

mod checks;
mod kept;
mod step;

use burn::tensor::{Device, Tensor};
use resnet_data::{Batch, DataError};
use resnet_distributed::CollectiveError;
use resnet_models::{Classifier, Part, ResNet, num_trainable_params, set_learning};
use resnet_recipe::{Precision, Recipe};

use crate::TrainError;
use crate::batch_norm;
use crate::criterion::Criterion;
use crate::ema::Ema;
use crate::exchange::{Exchange, averaged};
use crate::flat;
use crate::gradients::GradientMap;
use crate::host;
use crate::input::Normalizer;
use crate::mix::Mixer;
use crate::model::{check_images, frozen_until};
use crate::non_finite::all_finite;
use crate::optimizer::Optimizer;
use crate::precision::{LossScale, float_type};
use crate::trace::Trace;

use checks::{check_parts, check_precision};
pub use step::StepAt;

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
        let exchange = Some(exchange).filter(|exchange| !exchange.world().is_alone());
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

    /// Takes statistics of BatchNorm that are averages over `batches`, one of which is in memory at a time,
    /// for the weights that [`inference_model`](Self::inference_model) has. What is trained later does not
    /// depend on them.
    ///
    /// # Errors
    /// [`TrainError::Data`] if a batch cannot be loaded, or [`TrainError::Rank`] on all of several ranks if one
    /// cannot load its own, [`TrainError::Ranks`] if the others are not heard; the statistics are those from
    /// before then.
    pub fn take_statistics_of(
        &mut self,
        batches: impl Iterator<Item = Result<Batch, DataError>>,
    ) -> Result<(), TrainError> {
        let mut failure = None;
        let settled =
            |batch: Result<Batch, DataError>| self.settle(batch.map_err(TrainError::from));
        let loaded =
            batches.map_while(|batch| settled(batch).map_err(|error| failure = Some(error)).ok());
        let parts = loaded.flat_map(|batch| batch.split(self.accumulate));
        let images = parts.map(|part| self.in_precision(self.normalizer.upload(part).images));
        let mut statistics = batch_norm::reestimated(self.inference_model(), images);
        if let Some(error) = failure {
            return Err(error);
        }
        if let Some(exchange) = &self.exchange {
            statistics = averaged(exchange.world(), statistics)?;
        }
        match &mut self.ema {
            Some(ema) => ema.replace(statistics),
            None => {
                let of = |tensor: flat::Flat<'_>| statistics.get(tensor.name).cloned();
                self.model = flat::map(self.model.clone(), of);
            }
        }
        Ok(())
    }

    /// `result`, if every rank has one; see [`Agreement::settle`](crate::exchange::Agreement::settle).
    fn settle<T>(&self, result: Result<T, TrainError>) -> Result<T, TrainError> {
        match &self.exchange {
            Some(exchange) => exchange.ranks.settle(result),
            None => result,
        }
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

    /// The l2 loss of the weights; and 1 if they, running statistics and the optimizer's state are finite,
    /// else 0: `[1]` each, on the device.
    pub(crate) fn health(&self) -> [Tensor<1>; 2] {
        let tensors = flat::tensors(&self.model.valid());
        let finite = all_finite(tensors.values().chain(self.optimizer.slots()));
        [self.optimizer.l2_loss(&self.model, &self.device), finite.float()]
    }

    /// With the gradients of the next step kept until the one after it, or not.
    #[must_use]
    pub(crate) fn keeping_gradients(self, keep: bool) -> Self {
        Self { gradients: keep.then(GradientMap::default), ..self }
    }

    /// Shows the gradients that were kept with their parameters' names to `see`, read back from the device.
    pub(crate) fn see_gradients(&self, mut see: impl FnMut(&str, &[f32])) {
        for (name, gradient) in self.gradients.iter().flat_map(GradientMap::named) {
            see(name, &host::read(gradient.clone()));
        }
    }

    /// Shows every tensor of the model with its name to `see`, read back from the device.
    pub(crate) fn see_weights(&self, mut see: impl FnMut(&str, &[f32])) {
        flat::visit(&self.model.valid(), |tensor| see(tensor.name, &host::read(tensor.values)));
    }

    /// Trainable parameters.
    #[must_use]
    pub fn num_trainable_params(&self) -> usize {
        num_trainable_params(&self.model)
    }
}
