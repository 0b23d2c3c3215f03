//! A running mean of the weights.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use resnet_models::read_back;
use resnet_models::tensors::{TensorMap, reshaped};
use resnet_recipe::Ema as Settings;

use crate::flat::{self, Flat, FlatTensors};

/// A running mean of all parameters and of BatchNorm's statistics, on the device, as timm's
/// `ModelEmaV3`: `mean = decay * mean + (1 - decay) * weight`, starting at the initial weights.
#[derive(Debug, Clone)]
pub struct Ema {
    settings: Settings,
    means: BTreeMap<String, Mean>,
}

#[derive(Debug, Clone)]
struct Mean {
    shape: Vec<usize>,
    values: Tensor<1>,
}

impl Ema {
    /// Starts at the weights of `model`, which has to be one for inference.
    #[must_use]
    pub fn new<M: Module>(settings: Settings, model: &M) -> Self {
        let mut means = BTreeMap::new();
        flat::visit(model, |Flat { name, shape, values }| {
            means.insert(name.to_owned(), Mean { shape: shape.to_vec(), values });
        });
        Self { settings, means }
    }

    /// The same, starting at the weights of `model`.
    #[must_use]
    pub fn restarted<M: Module>(&self, model: &M) -> Self {
        Self::new(self.settings, model)
    }

    /// Takes in the weights of `model` after step number `step` (from 0), if one is due.
    pub fn update<M: Module>(&mut self, step: u64, model: impl FnOnce() -> M) {
        if !(step + 1).is_multiple_of(self.settings.every as u64) {
            return;
        }
        let decay = self.settings.decay;
        flat::visit(&model(), |Flat { name, values, .. }| {
            let mean = self.means.get_mut(name).expect("the same network as at the start");
            mean.values = mean.values.clone().mul_scalar(decay) + values.mul_scalar(1.0 - decay);
        });
    }

    /// Puts other values in place of the means with these names.
    pub(crate) fn replace(&mut self, tensors: FlatTensors) {
        for (name, values) in tensors {
            if let Some(mean) = self.means.get_mut(&name) {
                mean.values = values;
            }
        }
    }

    /// `model`, one for inference that shares nothing with another, with the means as its weights.
    #[must_use]
    pub fn apply<M: Module>(&self, model: M) -> M {
        flat::map(model, |Flat { name, .. }| self.means.get(name).map(|mean| mean.values.clone()))
    }

    /// The means by parameter name, as a state dict.
    #[must_use]
    pub fn state(&self) -> TensorMap {
        let data = |mean: &Mean| reshaped(&read_back(mean.values.clone()), &mean.shape);
        self.means.iter().map(|(name, mean)| (name.clone(), data(mean))).collect()
    }

    /// Takes the means of a checkpoint onto `device`; what it lacks stays as it is.
    pub fn load_state(&mut self, mut state: TensorMap, device: &Device) {
        for (name, mean) in &mut self.means {
            if let Some(data) = state.remove(name) {
                let len = mean.shape.iter().product();
                mean.values = Tensor::from_data(reshaped(&data, &[len]), device);
            }
        }
    }
}
