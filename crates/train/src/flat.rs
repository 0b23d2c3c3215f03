//! All tensors of a model, one after another: what optimizers, running means and undone steps share.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::Tensor;
use resnet_models::ModulePath;

/// A parameter or a running statistic.
pub(crate) struct Flat<'a> {
    /// PyTorch's name.
    pub(crate) name: &'a str,
    pub(crate) shape: &'a [usize],
    /// Its values, flattened, outside autodiff.
    pub(crate) values: Tensor<1>,
}

/// Tensors by name, flattened.
pub(crate) type FlatTensors = BTreeMap<String, Tensor<1>>;

/// What every tensor of `model` is now; copies nothing. Running statistics are up to date only in a
/// model for inference: Burn folds their last update in when it makes one.
pub(crate) fn tensors<M: Module>(model: &M) -> FlatTensors {
    let mut tensors = FlatTensors::new();
    visit(model, |tensor| drop(tensors.insert(tensor.name.to_owned(), tensor.values)));
    tensors
}

/// Shows every tensor of `model` to `see`.
pub(crate) fn visit<M: Module>(model: &M, see: impl FnMut(Flat<'_>)) {
    model.visit(&mut Walk { path: ModulePath::default(), each: see });
}

/// `model` with the tensors that `change` returns; where it returns none, nothing changes.
pub(crate) fn map<M: Module>(model: M, mut change: impl FnMut(Flat<'_>) -> Option<Tensor<1>>) -> M {
    replace(model, |tensor| {
        let old = tensor.values.clone();
        change(tensor).unwrap_or(old)
    })
}

/// `model` with the tensors that `change` returns, which may have the memory of the old ones: nobody else
/// holds it if nobody else holds the model.
pub(crate) fn replace<M: Module>(model: M, change: impl FnMut(Flat<'_>) -> Tensor<1>) -> M {
    model.map(&mut Walk { path: ModulePath::default(), each: change })
}

struct Walk<F> {
    path: ModulePath,
    each: F,
}

fn flattened<const D: usize>(tensor: Tensor<D>) -> Tensor<1> {
    let len = tensor.shape().num_elements();
    let tensor = if tensor.device().is_autodiff() { tensor.inner() } else { tensor };
    tensor.reshape([len])
}

impl<F: FnMut(Flat<'_>)> ModuleVisitor for Walk<F> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let (name, shape) = (self.path.key(), tensor.dims());
        (self.each)(Flat { name: &name, shape: &shape, values: flattened(tensor) });
    }
}

impl<F: FnMut(Flat<'_>) -> Tensor<1>> ModuleMapper for Walk<F> {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let (name, shape) = (self.path.key(), tensor.dims());
        let (tracked, learns) = (tensor.device().is_autodiff(), tensor.is_require_grad());
        let values = (self.each)(Flat { name: &name, shape: &shape, values: flattened(tensor) });
        let tensor = values.reshape(shape);
        // What learns goes on learning; running statistics and frozen parameters do not.
        let tensor =
            if tracked { Tensor::from_inner(tensor).set_require_grad(learns) } else { tensor };
        Param::from_mapped_value(id, tensor, mapper)
    }
}
