//! A running mean of the weights.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param};
use burn::tensor::{Device, Tensor};
use resnet_models::tensors::TensorMap;
use resnet_recipe::Ema as Settings;

/// A running mean of all parameters and of BatchNorm's statistics, on the device, as timm's
/// `ModelEmaV3`: `mean = decay * mean + (1 - decay) * weight`, starting at the initial weights.
#[derive(Debug, Clone)]
pub struct Ema {
    settings: Settings,
    means: BTreeMap<String, Tensor<1>>,
}

impl Ema {
    /// Starts at the weights of `model`, which has to be one for inference.
    #[must_use]
    pub fn new<M: Module>(settings: Settings, model: &M) -> Self {
        Self { settings, means: flattened(model) }
    }

    /// Takes in the weights of `model` after step number `step` (from 0), if one is due.
    pub fn update<M: Module>(&mut self, step: u64, model: impl FnOnce() -> M) {
        if !(step + 1).is_multiple_of(self.settings.every as u64) {
            return;
        }
        let decay = self.settings.decay;
        for (name, weight) in flattened(&model()) {
            let mean = self.means.get_mut(&name).expect("the same network as at the start");
            *mean = mean.clone().mul_scalar(decay) + weight.mul_scalar(1.0 - decay);
        }
    }

    /// `model`, one for inference that shares nothing with another, with the means as its weights.
    #[must_use]
    pub fn apply<M: Module>(&self, model: M) -> M {
        model.map(&mut Replace { path: Vec::new(), means: &self.means })
    }

    /// The means by parameter name, flattened, for a checkpoint.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        self.means.iter().map(|(name, mean)| (name.clone(), mean.to_data())).collect()
    }

    /// Takes the means of a checkpoint onto `device`; what it lacks stays as it is.
    pub fn load_state(&mut self, mut state: TensorMap, device: &Device) {
        for (name, mean) in &mut self.means {
            if let Some(data) = state.remove(name) {
                *mean = Tensor::from_data(data, device);
            }
        }
    }
}

fn flattened<M: Module>(model: &M) -> BTreeMap<String, Tensor<1>> {
    let mut collector = Collector::default();
    model.visit(&mut collector);
    collector.tensors
}

#[derive(Default)]
struct Collector {
    path: Vec<String>,
    tensors: BTreeMap<String, Tensor<1>>,
}

impl ModuleVisitor for Collector {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let tensor = param.val();
        let len = tensor.shape().num_elements();
        self.tensors.insert(self.path.join("."), tensor.reshape([len]));
    }
}

struct Replace<'a> {
    path: Vec<String>,
    means: &'a BTreeMap<String, Tensor<1>>,
}

impl ModuleMapper for Replace<'_> {
    fn enter_module(&mut self, name: &str, _container_type: &str) {
        self.path.push(name.to_owned());
    }

    fn exit_module(&mut self, _name: &str, _container_type: &str) {
        self.path.pop();
    }

    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let mean = self.means.get(&self.path.join("."));
        let tensor = mean.map_or(tensor.clone(), |mean| mean.clone().reshape(tensor.shape()));
        Param::from_mapped_value(id, tensor, mapper)
    }
}
