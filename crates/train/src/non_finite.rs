//! A loss or weights that are infinite or not a number.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Bool, Tensor};
use resnet_data::Loader;

/// What a loss that is not finite does.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum OnNonFinite {
    /// It ends the run. Seen when the next report reads the losses.
    #[default]
    Stop,
    /// The step is undone, on the device and without waiting for it: weights, running statistics and
    /// velocities stay as they were. Costs memory for a second copy of them and a pass over both.
    SkipStep,
    /// The run goes on from its last checkpoint with half the learning rate, up to `max` times.
    /// Seen when the next report reads the losses.
    RollBack {
        /// How often.
        max: u32,
    },
}

/// Steps in a row that may be skipped; more mean that nothing is learnt any more.
pub(crate) const MAX_SKIPS_IN_A_ROW: u64 = 20;

/// Tensors by name, flattened.
pub(crate) type FlatTensors = BTreeMap<String, Tensor<1>>;

/// What every tensor of a module in training is now, outside autodiff; copies nothing.
pub(crate) fn flat_tensors<M: Module>(model: &M) -> FlatTensors {
    let mut collect = Collect::default();
    // Burn folds the last update of the running statistics in only here.
    model.valid().visit(&mut collect);
    collect.tensors
}

/// Whether all of `tensors` and `more` are finite, `[1]`, on the device.
pub(crate) fn all_finite<'a>(
    tensors: impl Iterator<Item = &'a Tensor<1>>,
    more: Tensor<1>,
) -> Tensor<1, Bool> {
    // A sum is finite only if all its terms are.
    let sums: Vec<_> = tensors.map(|tensor| tensor.clone().sum()).chain([more.sum()]).collect();
    Tensor::cat(sums, 0).is_finite().all()
}

/// `after` where `ok`, else `before`.
pub(crate) fn choose(ok: &Tensor<1, Bool>, before: Tensor<1>, after: Tensor<1>) -> Tensor<1> {
    let mask = ok.clone().expand(before.shape());
    before.mask_where(mask, after)
}

/// `model` as it is where `ok`, else with the tensors of `before`.
pub(crate) fn restore_unless<M: Module>(ok: &Tensor<1, Bool>, before: FlatTensors, model: M) -> M {
    model.map(&mut Restore { path: Vec::new(), ok: ok.clone(), before })
}

/// The file names of the images in a batch, or where they are stored if they have none.
pub(crate) fn image_names(loader: &Loader, epoch: u64, batch: usize) -> Vec<String> {
    let (source, mut record) = (loader.source(), Vec::new());
    let name = |index: usize| {
        let sample = source.read(index, &mut record).ok();
        let name = sample.and_then(|sample| record.get(sample.filename)).unwrap_or_default();
        let name = String::from_utf8_lossy(name).into_owned();
        if name.is_empty() { source.place(index) } else { name }
    };
    loader.samples(epoch, batch).into_iter().map(name).collect()
}

#[derive(Default)]
struct Collect {
    path: Vec<String>,
    tensors: FlatTensors,
}

impl ModuleVisitor for Collect {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let flat = [tensor.shape().num_elements()];
        self.tensors.insert(self.path.join("."), tensor.reshape(flat));
    }
}

struct Restore {
    path: Vec<String>,
    ok: Tensor<1, Bool>,
    before: FlatTensors,
}

impl ModuleMapper for Restore {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(before) = self.before.remove(&self.path.join(".")) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let shape = tensor.shape();
        let after = tensor.inner().reshape([shape.num_elements()]);
        let chosen = choose(&self.ok, before, after).reshape(shape);
        Param::from_mapped_value(id, Tensor::from_inner(chosen).require_grad(), mapper)
    }
}
