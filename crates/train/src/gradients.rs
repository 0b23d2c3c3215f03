//! The gradients of a model by parameter name.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Gradients, Tensor};
use resnet_models::ModulePath;

/// The gradient of each parameter, flattened, on the device.
#[derive(Debug, Clone, Default)]
pub struct GradientMap(BTreeMap<String, Tensor<1>>);

impl GradientMap {
    /// Takes the gradients of `model` out of a backward pass; a parameter that the loss does not
    /// depend on has none.
    #[must_use]
    pub fn collect<M: Module>(model: &M, gradients: &mut Gradients) -> Self {
        let mut collector =
            Collector { path: ModulePath::default(), gradients, by_name: BTreeMap::new() };
        model.visit(&mut collector);
        Self(collector.by_name)
    }

    /// The length of all gradients together, `[1]`, on the device; `None` if there is none.
    #[must_use]
    pub fn norm(&self) -> Option<Tensor<1>> {
        let squares = self.0.values().map(|gradient| gradient.clone().square().sum());
        squares.reduce(|sum, square| sum + square).map(Tensor::sqrt)
    }

    /// Shortens all gradients alike so that their [`norm`](Self::norm) is at most `most`, as
    /// `torch.nn.utils.clip_grad_norm_` does; nothing is read back from the device.
    #[must_use]
    pub fn clip_norm(self, most: f64) -> Self {
        let Some(norm) = self.norm() else { return self };
        // PyTorch's guard against a division by zero.
        let scale = norm.add_scalar(1e-6).recip().mul_scalar(most).clamp_max(1.0);
        self.scaled(&scale)
    }

    /// All gradients times `factor`, `[1]`.
    #[must_use]
    pub fn scaled(self, factor: &Tensor<1>) -> Self {
        let scale = |(name, gradient)| (name, gradient * factor.clone());
        Self(self.0.into_iter().map(scale).collect())
    }

    /// The gradients, flattened, by the names of their parameters.
    pub fn values(&self) -> impl Iterator<Item = &Tensor<1>> {
        self.0.values()
    }

    /// `newest` with what is here for the same parameters, which is taken out, added to it.
    pub(crate) fn take_into(&mut self, newest: Self) -> Self {
        let sum = |(name, gradient)| match self.0.remove(&name) {
            Some(earlier) => (name, earlier + gradient),
            None => (name, gradient),
        };
        Self(newest.0.into_iter().map(sum).collect())
    }

    /// With those of `other`, of which none is here.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All gradients, flattened, with the names of their parameters.
    pub(crate) fn named(&self) -> impl Iterator<Item = (&String, &Tensor<1>)> {
        self.0.iter()
    }

    /// All gradients, by name.
    pub(crate) fn into_tensors(self) -> BTreeMap<String, Tensor<1>> {
        self.0
    }

    /// Takes out the gradient of one parameter.
    pub fn remove(&mut self, name: &str) -> Option<Tensor<1>> {
        self.0.remove(name)
    }

    /// Puts in the gradient of a parameter, flattened.
    pub fn insert(&mut self, name: impl Into<String>, gradient: Tensor<1>) {
        self.0.insert(name.into(), gradient);
    }
}

struct Collector<'a> {
    path: ModulePath,
    gradients: &'a mut Gradients,
    by_name: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Collector<'_> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        if let Some(gradient) = param.val().grad_remove(self.gradients) {
            let len = gradient.shape().num_elements();
            self.by_name.insert(self.path.key(), gradient.reshape([len]));
        }
    }
}
