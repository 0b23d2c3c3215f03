//! One optimizer step: forward, backward, exchange with other ranks, update.

use burn::tensor::Tensor;
use resnet_data::Batch;
use resnet_distributed::World;
use resnet_models::{Classifier, Drops};

use super::Learner;
use crate::backward::Cuts;
use crate::exchange::{Sending, averaged_statistics};
use crate::flat;
use crate::gradients::GradientMap;
use crate::meter::Meter;
use crate::non_finite::{all_finite, restore_unless};

/// Where a run is when it makes a step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepAt {
    /// Number of the step, from 0.
    pub step: u64,
    /// Its length.
    pub lr: f64,
}

impl<M: Classifier> Learner<M> {
    /// One optimizer step on `batch`; what it saw is added to `meter`. Nothing is read back from the
    /// device, but for what is exchanged with other ranks.
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
        let divisor = match &self.exchange {
            Some(_) => batch.weights.len() as f64,
            None => share.max(1.0),
        };
        let Some(exchange) = self.exchange.clone() else {
            let gradients = self.gradients(batch, (at.step, divisor), None, meter);
            return self.update(at, gradients);
        };
        let mut sending = exchange.begin(divisor);
        let unsent = self.gradients(batch, (at.step, divisor), Some(&mut sending), meter);
        // Of parameters that the last part of the batch did not reach.
        sending.push(unsent);
        let average = || exchange.average(sending, share, meter);
        match self.trace.span("exchange", &self.device, average) {
            Ok(gradients) => self.update(at, gradients).with_averaged_statistics(exchange.world()),
            Err(error) => Self { failure: Some(error), ..self },
        }
    }

    /// The gradients of the losses of `batch`, divided by `divisor`, without those that it gave to `sending`,
    /// where there are other ranks.
    fn gradients(
        &self,
        batch: Batch,
        (step, divisor): (u64, f64),
        mut sending: Option<&mut Sending>,
        meter: &mut Meter,
    ) -> GradientMap {
        let mut gradients = GradientMap::default();
        let mut drops = self.drops(step);
        let parts = batch.split(self.accumulate);
        let count = parts.len();
        for (part, batch) in parts.into_iter().enumerate() {
            // What is complete is sent while the rest is computed; without others a cut gains nothing, and
            // parts that are frozen need no gradient to arrive at them.
            let mut sending = sending.as_deref_mut().filter(|_| part + 1 == count);
            let mut cuts = Cuts::new(sending.is_some() && self.frozen.is_none());
            let loss = self.trace.span("forward", &self.device, || {
                self.loss_sum(batch, (step, part as u64), &mut drops, &mut cuts, meter)
            });
            let loss = self.scaled(loss.div_scalar(divisor));
            let see = |newest| {
                let newest = gradients.take_into(newest);
                match &mut sending {
                    Some(sending) => sending.push(newest),
                    None => gradients.extend(newest),
                }
            };
            let backward = || cuts.backward(&loss, &self.model, see);
            self.trace.span("backward", &self.device, backward);
        }
        meter.join(count);
        gradients
    }

    /// What is left out in a step.
    fn drops(&self, step: u64) -> Drops {
        let drops = Drops::new(self.seed, step);
        match &self.exchange {
            Some(exchange) => drops.of_rank(exchange.world().rank(), exchange.world().size()),
            None => drops,
        }
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

    /// With the running statistics that all ranks have on average.
    fn with_averaged_statistics(mut self, world: &World) -> Self {
        let average = || averaged_statistics(world, self.model.clone());
        match self.trace.span("exchange of statistics", &self.device, average) {
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

    fn update(self, at: StepAt, gradients: GradientMap) -> Self {
        let (trace, device) = (self.trace.clone(), self.device.clone());
        trace.span("optimizer", &device, || self.moved(at, gradients))
    }

    /// Moves the weights against the gradients of a [`scaled`](Self::scaled) loss; not where the
    /// factor was too large for them.
    fn moved(mut self, at: StepAt, gradients: GradientMap) -> Self {
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
}
