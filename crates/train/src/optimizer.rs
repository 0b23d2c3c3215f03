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
mod undone;

use std::collections::{BTreeMap, BTreeSet};

use burn::module::Module;
use burn::tensor::{Bool, Device, Tensor, TensorData};
use resnet_kernels::has_optimizer_steps;
use resnet_models::tensors::TensorMap;
use resnet_models::{decays, lr_factor, read_back};
use resnet_recipe::{Clip, Optimizer as Settings, Rule};

use crate::flat::{self, Flat};
use crate::gradients::GradientMap;
use crate::non_finite::choose;
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

/// The slot of the number of steps, for rules that begin with corrections.
const STEPS: &str = "step";

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
            let old = before.state.get(name);
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

    /// What is remembered, for a checkpoint: `SLOT/PARAMETER`, slots by PyTorch's names.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        let mut tensors = TensorMap::new();
        for (parameter, Memory { slots, steps, began }) in &self.state {
            for (slot, tensor) in std::iter::zip(self.slot_names(slots.len()), slots) {
                tensors.insert(format!("{slot}/{parameter}"), read_back(tensor.clone()));
            }
            if let (WITH_CORRECTIONS, Some(steps)) = (slots.len(), *steps) {
                // Exact up to 16 million steps; the corrections are 1 long before.
                let steps = TensorData::new(vec![(steps - self.undone.count(*began)) as f32], [1]);
                tensors.insert(format!("{STEPS}/{parameter}"), steps);
            }
        }
        tensors
    }

    /// Takes the state of a checkpoint onto `device`; what another rule has left is passed over.
    pub fn load_state(&mut self, mut state: TensorMap, device: &Device) {
        (self.state, self.undone) = (BTreeMap::new(), Undone::default());
        let names = [1, 2].map(|slots| self.slot_names(slots));
        for slot in names.concat() {
            for (parameter, data) in take_slot(&mut state, slot) {
                let nothing = Memory { slots: Slots::new(), steps: None, began: 0 };
                let memory = self.state.entry(parameter).or_insert(nothing);
                memory.slots.push(Tensor::from_data(data, device));
            }
        }
        for (parameter, data) in take_slot(&mut state, STEPS) {
            if let Some(memory) = self.state.get_mut(&parameter) {
                memory.steps = data.iter::<f32>().next().map(|steps| steps as i32);
            }
        }
    }

    /// PyTorch's names of what is remembered of a parameter with so many slots.
    fn slot_names(&self, slots: usize) -> &'static [&'static str] {
        match (self.settings.rule, slots) {
            (Rule::Sgd { .. } | Rule::Lars { .. } | Rule::Muon { .. }, 1) => &["momentum_buffer"],
            (Rule::Adamw { .. } | Rule::Lamb { .. } | Rule::Muon { .. }, 2) => {
                &["exp_avg", "exp_avg_sq"]
            }
            (Rule::Lion { .. }, 1) => &["exp_avg"],
            _ => &[],
        }
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

/// One step over all parameters.
struct Step<'a> {
    /// Number of the step, from 1.
    number: i32,
    lr: f64,
    gradients: GradientMap,
    optimizer: &'a mut Optimizer,
    /// Corrections, by the step with which a parameter began and the number of its steps.
    made: BTreeMap<(i32, i32), (i32, Corrections)>,
}

impl Step<'_> {
    /// The new values of a parameter; the old ones if it has no gradient.
    fn update(&mut self, Flat { name, shape, values }: Flat<'_>) -> Tensor<1> {
        let Some(gradient) = self.gradients.remove(name) else { return values };
        let settings = &self.optimizer.settings;
        let gradient = match settings.clip {
            Clip::Adaptive(most) => clip_filters(gradient, values.clone(), shape, most),
            Clip::Off | Clip::Norm(_) => gradient,
        };
        let decay = if decays(shape) { settings.weight_decay } else { 0.0 };
        let nothing = Memory { slots: Slots::new(), steps: Some(0), began: self.number };
        let Memory { slots, steps, began } = self.optimizer.state.remove(name).unwrap_or(nothing);
        let step = steps.unwrap_or(self.number - 1).saturating_add(1);
        let (seen, corrections) = self.corrections(began, step);
        let lr = self.lr * lr_factor(name, self.optimizer.settings.layer_decay);
        let filters = filters(shape);
        let weight = values;
        let parameter =
            Parameter { gradient, weight, filters, decay, slots, step: seen, corrections };
        let (weight, slots) = self.optimizer.moved(parameter, lr);
        self.optimizer.state.insert(name.to_owned(), Memory { slots, steps: Some(step), began });
        weight
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

/// Takes what `SLOT/PARAMETER` names out of `state`, by parameter.
fn take_slot(state: &mut TensorMap, slot: &str) -> Vec<(String, TensorData)> {
    let prefix = format!("{slot}/");
    let names: Vec<String> =
        state.keys().filter(|name| name.starts_with(&prefix)).cloned().collect();
    let take = |name: String| Some((name[prefix.len()..].to_owned(), state.remove(&name)?));
    names.into_iter().filter_map(take).collect()
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

/// `numerator / denominator` of two lengths, `[1]`, and 1 where `one_if_zero` has a zero.
fn ratio_or_one(ratio: Tensor<1>, one_if_zero: [Tensor<1>; 2]) -> Tensor<1> {
    one_if_zero
        .into_iter()
        .fold(ratio, |ratio, length| ratio.mask_fill(length.equal_elem(0.0), 1.0))
}

fn length(tensor: &Tensor<1>) -> Tensor<1> {
    tensor.clone().square().sum().sqrt()
}
