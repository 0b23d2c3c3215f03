//! From gradients to the next weights.
//!
//! Burn has most of these rules, but restores their state on `Device::default()`, which panics where
//! CUDA is compiled in and no GPU is there, keys it by identifiers that a safetensors file cannot
//! hold, and clips each tensor by itself. Here the state goes by parameter name.

mod adam;
mod lars;
mod lion;
mod muon;
mod sgd;
mod state;
mod step;
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor};
use resnet_kernels::has_optimizer_steps;
use resnet_models::decays;
use resnet_recipe::{Clip, Optimizer as Settings, Rule};

use crate::flat::{self, Flat};
use crate::gradients::GradientMap;
use crate::non_finite::choose;
use step::Step;
use undone::{Corrections, Undone};

/// An optimizer as a recipe describes it, and its state.
///
/// Weight decay is for the parameters that [`decays`] names.
#[derive(Debug, Clone)]
pub struct Optimizer {
    settings: Settings,
    state: BTreeMap<String, Memory>,
    undone: Undone,
}

/// What a rule remembers of one parameter, flattened; empty before its first step.
type Slots = Vec<Tensor<1>>;

/// What is remembered of one parameter.
#[derive(Debug, Clone)]
struct Memory {
    slots: Slots,
    /// Its steps so far, undone ones included: fewer than those of the run if it was frozen at first.
    /// `None` if the checkpoint does not say, which then are those of the run.
    steps: Option<i32>,
    /// The step of the run with which it began; 0 if that was before the checkpoint.
    began: i32,
}

/// Slots of rules that begin with corrections: the means of the gradient and of its square.
const WITH_CORRECTIONS: usize = 2;

/// What a rule sees of one parameter, flattened.
struct Parameter {
    gradient: Tensor<1>,
    weight: Tensor<1>,
    /// Filters and the weights of each, if this is a convolution's weight.
    filters: Option<[usize; 2]>,
    /// Weight decay, 0 where there is none.
    decay: f64,
    slots: Slots,
    /// Number of this parameter's step, from 1, without those that were undone as far as is known.
    step: i32,
    /// Where only the device knows.
    corrections: Corrections,
}

/// The direction against which a weight moves, or where it has come to, and what is remembered.
type Direction = (Tensor<1>, Slots);

impl Optimizer {
    /// An optimizer before its first step.
    #[must_use]
    pub fn new(settings: &Settings) -> Self {
        Self { settings: settings.clone(), state: BTreeMap::new(), undone: Undone::default() }
    }

    /// `model` after step number `step` (from 0) of length `lr`; parameters without a gradient stay.
    pub fn step<M: Module>(&mut self, step: u64, lr: f64, model: M, gradients: GradientMap) -> M {
        let gradients = match self.settings.clip {
            Clip::Norm(most) => gradients.clip_norm(most),
            Clip::Off | Clip::Adaptive(_) => gradients,
        };
        // Beyond two billion steps Adam's corrections have long been 1.
        let number = i32::try_from(step).unwrap_or(i32::MAX - 1) + 1;
        let made = BTreeMap::new();
        let mut step = Step { number, lr, gradients, optimizer: self, made };
        flat::replace(model, |parameter| step.update(parameter))
    }

    /// The loss `weight_decay / 2 * Σ w²` whose gradient a coupled weight decay is, `[1]`, on the
    /// device; 0 if decay is decoupled.
    #[must_use]
    pub fn l2_loss<M: Module>(&self, model: &M, device: &Device) -> Tensor<1> {
        let mut sum = Tensor::zeros([1], device);
        let coupled = matches!(self.settings.rule, Rule::Sgd { .. } | Rule::Lars { .. });
        if coupled && self.settings.weight_decay > 0.0 {
            flat::visit(model, |Flat { shape, values, .. }| {
                if decays(shape) {
                    sum = sum.clone() + values.clone().mul(values).sum();
                }
            });
        }
        sum.mul_scalar(self.settings.weight_decay / 2.0)
    }

    /// What is remembered, on the device.
    pub(crate) fn slots(&self) -> impl Iterator<Item = &Tensor<1>> {
        self.state.values().flat_map(|memory| &memory.slots)
    }

    /// The state after a step where `ok`, else that of `before` it.
    #[must_use]
    pub(crate) fn or_before(mut self, ok: &Tensor<1, Bool>, before: &Self) -> Self {
        for (name, memory) in &mut self.state {
            let old = before.state.get(name).filter(|old| old.began == memory.began);
            for (number, slot) in memory.slots.iter_mut().enumerate() {
                // Before the first step all is zero.
                let old = old.and_then(|old| old.slots.get(number)).cloned();
                *slot = choose(ok, old.unwrap_or_else(|| slot.zeros_like()), slot.clone());
            }
        }
        let corrected = self.state.values().filter(|memory| memory.slots.len() == WITH_CORRECTIONS);
        let began: BTreeSet<i32> = corrected.map(|memory| memory.began).collect();
        self.undone.or_before(ok, &before.undone, began.into_iter());
        self
    }

    /// A parameter's weights after a step of length `lr`, and what is remembered: in one pass or two where there
    /// is a kernel for it.
    fn moved(&self, parameter: Parameter, lr: f64) -> Direction {
        let has_kernel = has_optimizer_steps(&parameter.weight);
        match self.settings.rule {
            Rule::Sgd { momentum, nesterov } if has_kernel && momentum != 0.0 => {
                sgd::in_one_pass(parameter, lr, momentum, nesterov)
            }
            Rule::Adamw { betas, eps } if has_kernel => {
                adam::adamw_in_one_pass(parameter, lr, betas, eps)
            }
            Rule::Lamb { betas, eps } if has_kernel => {
                adam::lamb_in_two_passes(parameter, lr, betas, eps)
            }
            Rule::Lars { momentum, trust } if has_kernel && momentum != 0.0 => {
                lars::in_two_passes(parameter, lr, momentum, trust)
            }
            _ => {
                let weight = parameter.weight.clone();
                let (direction, slots) = self.direction(parameter);
                (weight - direction.mul_scalar(lr), slots)
            }
        }
    }

    fn direction(&self, parameter: Parameter) -> Direction {
        match self.settings.rule {
            Rule::Sgd { momentum, nesterov } => sgd::direction(parameter, momentum, nesterov),
            Rule::Adamw { betas, eps } => adam::adamw(parameter, betas, eps),
            Rule::Lamb { betas, eps } => adam::lamb(parameter, betas, eps),
            Rule::Lars { momentum, trust } => lars::direction(parameter, momentum, trust),
            Rule::Lion { betas } => lion::direction(parameter, betas),
            Rule::Muon { momentum, nesterov, betas, eps } => {
                let settings = muon::Settings { momentum, nesterov, betas, eps };
                muon::direction(parameter, settings)
            }
        }
    }
}

/// `numerator / denominator` of two lengths, `[1]`, and 1 where `one_if_zero` has a zero.
fn ratio_or_one(ratio: Tensor<1>, one_if_zero: [Tensor<1>; 2]) -> Tensor<1> {
    one_if_zero
        .into_iter()
        .fold(ratio, |ratio, length| ratio.mask_fill(length.equal_elem(0.0), 1.0))
}

fn length(tensor: &Tensor<1>) -> Tensor<1> {
    tensor.clone().square().sum().sqrt()
}
