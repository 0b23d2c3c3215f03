//! One step: each parameter with its gradient.

use std::collections::BTreeMap;

use burn::tensor::Tensor;
use resnet_models::{decays, lr_factor};
use resnet_recipe::{Clip, Rule};

use super::undone::Corrections;
use super::{Memory, Optimizer, Parameter, Slots, WITH_CORRECTIONS};
use crate::flat::Flat;
use crate::gradients::GradientMap;

/// One step over all parameters.
pub(super) struct Step<'a> {
    /// Number of the step, from 1.
    pub(super) number: i32,
    pub(super) lr: f64,
    pub(super) gradients: GradientMap,
    pub(super) optimizer: &'a mut Optimizer,
    /// Corrections, by the step with which a parameter began and the number of its steps.
    pub(super) made: BTreeMap<(i32, i32), (i32, Corrections)>,
}

impl Step<'_> {
    /// The new values of a parameter; the old ones if it has no gradient.
    pub(super) fn update(&mut self, Flat { name, shape, values }: Flat<'_>) -> Tensor<1> {
        let Some(gradient) = self.gradients.remove(name) else { return values };
        let settings = &self.optimizer.settings;
        let gradient = match settings.clip {
            Clip::Adaptive(most) => clip_filters(gradient, values.clone(), shape, most),
            Clip::Off | Clip::Norm(_) => gradient,
        };
        let decay = if decays(shape) { settings.weight_decay } else { 0.0 };
        let nothing = Memory { slots: Slots::new(), steps: Some(0), began: self.number };
        let filters = filters(shape);
        let (memory, slots) = (self.optimizer.state.remove(name), self.slots(filters.is_some()));
        // What another rule has left says nothing of this one's steps either.
        let memory = memory.filter(|memory| memory.slots.len() == slots);
        let Memory { slots, steps, began } = memory.unwrap_or(nothing);
        let step = steps.unwrap_or(self.number - 1).saturating_add(1);
        let (seen, corrections) = self.corrections(began, step);
        let lr = self.lr * lr_factor(name, self.optimizer.settings.layer_decay);
        let weight = values;
        let parameter =
            Parameter { gradient, weight, filters, decay, slots, step: seen, corrections };
        let (weight, slots) = self.optimizer.moved(parameter, lr);
        self.optimizer.state.insert(name.to_owned(), Memory { slots, steps: Some(step), began });
        weight
    }

    /// How many slots the rule has for a parameter.
    fn slots(&self, is_convolution: bool) -> usize {
        match self.optimizer.settings.rule {
            Rule::Sgd { momentum, .. } | Rule::Lars { momentum, .. } if momentum == 0.0 => 0,
            Rule::Sgd { .. } | Rule::Lars { .. } | Rule::Lion { .. } => 1,
            Rule::Muon { .. } if is_convolution => 1,
            Rule::Adamw { .. } | Rule::Lamb { .. } | Rule::Muon { .. } => WITH_CORRECTIONS,
        }
    }

    /// Those of parameters that began together are made once: on a GPU each is an operation.
    fn corrections(&mut self, began: i32, step: i32) -> (i32, Corrections) {
        let (Rule::Adamw { betas, .. } | Rule::Lamb { betas, .. } | Rule::Muon { betas, .. }) =
            self.optimizer.settings.rule
        else {
            return (step, None);
        };
        let make = || self.optimizer.undone.corrections(began, step, betas);
        self.made.entry((began, step)).or_insert_with(make).clone()
    }
}

fn filters(shape: &[usize]) -> Option<[usize; 2]> {
    let [filters, inputs, height, width] = *shape else { return None };
    Some([filters, inputs * height * width])
}

/// Shortens the gradient of each filter to at most `most` of the filter's own length.
fn clip_filters(gradient: Tensor<1>, weight: Tensor<1>, shape: &[usize], most: f64) -> Tensor<1> {
    let len: usize = shape.iter().product();
    // A tensor of one dimension counts as one filter.
    let filters = if shape.len() > 1 { shape[0] } else { 1 };
    let rows = |tensor: Tensor<1>| tensor.reshape([filters, len / filters]);
    let norm = |rows: Tensor<2>| rows.square().sum_dim(1).sqrt();
    let (gradient, weight) = (rows(gradient), rows(weight));
    // The two bounds are timm's: filters that start at zero may still move.
    let allowed = norm(weight).clamp_min(1e-3).mul_scalar(most);
    let scale = (allowed / norm(gradient.clone()).clamp_min(1e-6)).clamp_max(1.0);
    (gradient * scale).reshape([len])
}
