//! Stochastic gradient descent with momentum.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use resnet_models::ModulePath;
use resnet_models::tensors::TensorMap;

/// SGD as `torch.optim.SGD` defines it, with dampening 0 and coupled weight decay:
/// `d = g + weight_decay * w`, `v = momentum * v + d`, `w -= lr * v`, and with Nesterov's variant
/// `w -= lr * (d + momentum * v)`.
///
/// Weight decay is for weights of convolutions and of the classifier alone: tensors of rank 1 are
/// biases and BatchNorm's scales and shifts.
///
/// Burn has an optimizer of this kind, but restores its state on `Device::default()`, which panics
/// where CUDA is compiled in and no GPU is there, and keys it by identifiers that a safetensors
/// file cannot hold. Here the state goes by parameter name.
#[derive(Debug, Clone)]
pub struct Sgd {
    momentum: f64,
    nesterov: bool,
    weight_decay: f64,
    velocity: BTreeMap<String, Tensor<1>>,
}

impl Sgd {
    /// An optimizer without velocity.
    #[must_use]
    pub fn new(momentum: f64, nesterov: bool, weight_decay: f64) -> Self {
        Self { momentum, nesterov, weight_decay, velocity: BTreeMap::new() }
    }

    /// `model` after one step of length `lr` along `gradients`; parameters without a gradient stay.
    pub fn step<M: Module>(&mut self, lr: f64, model: M, gradients: Gradients) -> M {
        model.map(&mut Step { path: ModulePath::default(), lr, gradients, sgd: self })
    }

    /// The l2 loss `weight_decay / 2 * Σ w²` whose gradient the weight decay is, `[1]`, on the
    /// device.
    #[must_use]
    pub fn l2_loss<M: Module>(&self, model: &M, device: &Device) -> Tensor<1> {
        let mut sum = SumOfSquares(Tensor::zeros([1], device));
        model.visit(&mut sum);
        sum.0.mul_scalar(self.weight_decay / 2.0)
    }

    /// The velocities by parameter name, for a checkpoint.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        self.velocity.iter().map(|(name, v)| (name.clone(), v.to_data())).collect()
    }

    /// Takes the velocities of a checkpoint onto `device`.
    pub fn load_state(&mut self, state: TensorMap, device: &Device) {
        let load = |data: TensorData| Tensor::from_data(data, device);
        self.velocity = state.into_iter().map(|(name, data)| (name, load(data))).collect();
    }

    /// The update of one parameter, flattened, from its gradient `g` and value `w`.
    fn direction(&mut self, name: String, g: Tensor<1>, w: Tensor<1>, decays: bool) -> Tensor<1> {
        let d = if decays { g + w.mul_scalar(self.weight_decay) } else { g };
        if self.momentum == 0.0 {
            return d;
        }
        let v = match self.velocity.remove(&name) {
            Some(old) => old.mul_scalar(self.momentum) + d.clone(),
            None => d.clone(),
        };
        self.velocity.insert(name, v.clone());
        if self.nesterov { d + v.mul_scalar(self.momentum) } else { v }
    }
}

struct Step<'a> {
    path: ModulePath,
    lr: f64,
    gradients: Gradients,
    sgd: &'a mut Sgd,
}

impl ModuleMapper for Step<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(gradient) = tensor.grad_remove(&mut self.gradients) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let shape = tensor.shape();
        let flat = [shape.num_elements()];
        let weight = tensor.inner().reshape(flat);
        let gradient = gradient.reshape(flat);
        let name = self.path.key();
        let direction = self.sgd.direction(name, gradient, weight.clone(), D > 1);
        let updated = (weight - direction.mul_scalar(self.lr)).reshape(shape);
        Param::from_mapped_value(id, Tensor::from_inner(updated).require_grad(), mapper)
    }
}

struct SumOfSquares(Tensor<1>);

impl ModuleVisitor for SumOfSquares {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if D > 1 {
            let weight = param.val().inner();
            self.0 = self.0.clone() + weight.clone().mul(weight).sum();
        }
    }
}
