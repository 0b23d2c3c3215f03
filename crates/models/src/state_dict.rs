//! Parameters by name, as PyTorch's `state_dict`.

use std::collections::BTreeMap;
use std::fmt;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Tensor, TensorData};
use thiserror::Error;

use crate::tensors::TensorMap;
use crate::{ModulePath, read_back};

/// What became of each tensor while loading.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LoadReport {
    /// Tensors of the model that were filled.
    pub loaded: Vec<String>,
    /// Tensors of the model that the file lacks.
    pub missing: Vec<String>,
    /// Tensors of the file that the model lacks.
    pub unexpected: Vec<String>,
    /// Tensors whose shapes differ: name, shape in the model, shape in the file.
    pub wrong_shape: Vec<(String, Vec<usize>, Vec<usize>)>,
    /// Tensors of the model that were to keep their own values.
    pub fresh: Vec<String>,
    /// Loaded tensors that were made for another number of input channels: name, channels in the file,
    /// channels in the model.
    pub adapted: Vec<(String, usize, usize)>,
    /// Tensors of the file that are not of the network.
    pub ignored: Vec<String>,
}

impl LoadReport {
    /// Whether every tensor found its place.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.fits(true)
    }

    /// Whether what was found may be used: without `strict`, tensors may be missing or unexpected, but
    /// none of another shape, and some have to be loaded.
    #[must_use]
    pub fn fits(&self, strict: bool) -> bool {
        let complete = self.missing.is_empty() && self.unexpected.is_empty();
        self.wrong_shape.is_empty() && (complete || !strict && !self.loaded.is_empty())
    }
}

impl fmt::Display for LoadReport {
    /// A sentence, without what there is none of: `318 tensors loaded, 2 fresh (fc.bias, fc.weight)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} tensors loaded", self.loaded.len())?;
        for (name, channels, wanted) in &self.adapted {
            write!(f, ", {name} adapted from {channels} input channels to {wanted}")?;
        }
        let kinds = [
            ("fresh", &self.fresh),
            ("missing", &self.missing),
            ("unexpected", &self.unexpected),
            ("passed over", &self.ignored),
        ];
        for (kind, names) in kinds.into_iter().filter(|(_, names)| !names.is_empty()) {
            write!(f, ", {} {kind} ({})", names.len(), some_of(names))?;
        }
        Ok(())
    }
}

/// The first three.
fn some_of(names: &[String]) -> String {
    let shown = names[..names.len().min(3)].join(", ");
    if names.len() > 3 { format!("{shown}, …") } else { shown }
}

/// The tensors belong to another architecture.
#[derive(Debug, Error)]
#[error("{}", describe(report))]
pub struct StateDictError {
    /// What fits and what does not.
    pub report: Box<LoadReport>,
}

/// The parameters and buffers of `model`, by name.
///
/// Pass `model.valid()` for a model in training: Burn folds the last update of the running
/// statistics in only then.
pub fn state_dict<M: Module>(model: &M) -> TensorMap {
    let mut collector = Collector::default();
    model.visit(&mut collector);
    collector.tensors
}

/// Fills `model` with `tensors`; every name and every shape has to fit.
///
/// # Errors
/// [`StateDictError`] with the exact list otherwise; the model is then lost, build it again.
pub fn load_state_dict<M: Module>(
    model: M,
    tensors: TensorMap,
) -> Result<(M, LoadReport), StateDictError> {
    let mut loader = Loader { path: ModulePath::default(), tensors, report: LoadReport::default() };
    let model = model.map(&mut loader);
    let mut report = loader.report;
    report.unexpected = loader.tensors.into_keys().collect();
    if report.is_exact() {
        Ok((model, report))
    } else {
        Err(StateDictError { report: Box::new(report) })
    }
}

/// Fills the tensors of `model` that `tensors` has, all of them of the right shape; the others stay.
pub(crate) fn fill<M: Module>(model: M, tensors: TensorMap) -> M {
    let report = LoadReport::default();
    model.map(&mut Loader { path: ModulePath::default(), tensors, report })
}

/// The shape of each parameter and buffer of `model`, by name.
pub(crate) fn shapes<M: Module>(model: &M) -> BTreeMap<String, Vec<usize>> {
    let mut shapes = Shapes::default();
    model.visit(&mut shapes);
    shapes.shapes
}

#[derive(Default)]
struct Shapes {
    path: ModulePath,
    shapes: BTreeMap<String, Vec<usize>>,
}

impl ModuleVisitor for Shapes {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.shapes.insert(self.path.key(), param.lazy_shape().to_vec());
    }
}

#[derive(Default)]
struct Collector {
    path: ModulePath,
    tensors: TensorMap,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.tensors.insert(self.path.key(), read_back(param.val()));
    }
}

struct Loader {
    path: ModulePath,
    tensors: TensorMap,
    report: LoadReport,
}

impl Loader {
    /// The tensor for `name` if the file has one of the right shape; notes what happened.
    fn take(&mut self, name: String, expected: &[usize]) -> Option<TensorData> {
        let Some(data) = self.tensors.remove(&name) else {
            self.report.missing.push(name);
            return None;
        };
        if &data.shape()[..] != expected {
            self.report.wrong_shape.push((name, expected.to_vec(), data.shape().to_vec()));
            return None;
        }
        self.report.loaded.push(name);
        Some(data)
    }
}

impl ModuleMapper for Loader {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let name = self.path.key();
        let expected: Vec<usize> = param.lazy_shape().to_vec();
        match self.take(name, &expected) {
            Some(data) => {
                let (id, device) = (param.id, param.lazy_device());
                param.transform_for_load(Tensor::from_data(data, &device), id)
            }
            None => param,
        }
    }
}

/// A sentence with the first few names of each kind, and what to do.
fn describe(report: &LoadReport) -> String {
    let mut parts = Vec::new();
    if let Some((name, model, file)) = report.wrong_shape.first() {
        let count = report.wrong_shape.len();
        parts.push(format!(
            "{count} of another shape (`{name}` is {model:?} in the model and {file:?} in the file)"
        ));
    }
    for (label, names) in [("missing", &report.missing), ("unexpected", &report.unexpected)] {
        if let Some(first) = names.first() {
            parts.push(format!("{} {label} (`{first}`, …)", names.len()));
        }
    }
    format!(
        "the tensors belong to another architecture: {} loaded, {}; {}",
        report.loaded.len(),
        parts.join(", "),
        remedy(report)
    )
}

fn remedy(report: &LoadReport) -> &'static str {
    let differ = |part: &str| report.wrong_shape.iter().all(|(name, ..)| name.starts_with(part));
    let named_alike = report.missing.is_empty() && report.unexpected.is_empty();
    if named_alike && differ("fc.") {
        "give the number of classes that the file was made with, or ask for a fresh head"
    } else if named_alike && differ("conv1.") {
        "give the number of channels that the file was made with, or ask for its first convolution to \
         be adapted"
    } else {
        "choose the network, stem and number of classes that the file was made with"
    }
}
