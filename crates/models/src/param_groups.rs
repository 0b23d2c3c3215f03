//! How an optimizer treats each parameter: weight decay or none, and its share of the rate.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::Tensor;

use crate::resnet::is_buffer;
use crate::{ModulePath, Part};

/// What an optimizer does with one parameter.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ParamRule {
    /// Whether weight decay applies, see [`decays`].
    pub decays: bool,
    /// Factor of the learning rate.
    pub lr_factor: f64,
}

/// The rule of every parameter of `model`, by state-dict key; buffers have none.
///
/// `layer_decay` is the factor between the learning rates of neighbouring parts: the classifier
/// has 1, `layer4` `layer_decay`, `layer3` its square and so on down to the stem; in a network of three stages
/// `layer3`, its last, has the square, too ([Clark et al. 2020](https://arxiv.org/abs/2003.10555)); 1 treats all alike.
///
/// ```
/// use burn::tensor::Device;
/// use resnet_models::{ResNetConfig, param_rules};
///
/// let model = ResNetConfig::resnet18().init(0, &Device::flex());
/// let rules = param_rules(&model, 0.5);
/// assert!(rules["conv1.weight"].decays && !rules["bn1.weight"].decays);
/// assert_eq!(rules["layer4.0.conv1.weight"].lr_factor, 0.5);
/// ```
#[must_use]
pub fn param_rules<M: Module>(model: &M, layer_decay: f64) -> BTreeMap<String, ParamRule> {
    let mut rules = Rules { path: ModulePath::default(), layer_decay, by_key: BTreeMap::new() };
    model.visit(&mut rules);
    rules.by_key
}

struct Rules {
    path: ModulePath,
    layer_decay: f64,
    by_key: BTreeMap<String, ParamRule>,
}

impl ModuleVisitor for Rules {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let key = self.path.key();
        if !is_buffer(&key) {
            let lr_factor = lr_factor(&key, self.layer_decay);
            let decays = decays(&param.val().dims());
            self.by_key.insert(key, ParamRule { decays, lr_factor });
        }
    }
}

/// Whether weight decay applies to a parameter of this shape: to the weights of convolutions and fully
/// connected layers, not to biases, scales and shifts, which have one dimension
/// ([He et al. 2018](https://arxiv.org/abs/1812.01187), section 3.1).
#[must_use]
pub fn decays(shape: &[usize]) -> bool {
    shape.len() > 1
}

/// The factor of the learning rate of the parameter with this state-dict key.
#[must_use]
pub fn lr_factor(key: &str, layer_decay: f64) -> f64 {
    layer_decay.powi(i32::try_from(Part::of(key).depth()).expect("six parts"))
}
