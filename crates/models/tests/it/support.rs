//! Networks for tests.

use burn::tensor::{Device, TensorData};
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNet, ResNetConfig, Version, load_state_dict, state_dict, timm};

use crate::formula;

/// The network of `config` with weights by formula, under timm's keys.
pub(crate) fn by_formula(config: &ResNetConfig, device: &Device) -> ResNet {
    let model = config.init(0, device);
    let is_v2 = config.version == Version::V2;
    let own = state_dict(&model);
    let keys = if is_v2 { timm::to_resnetv2(config, own) } else { own };
    let formula = |(key, data): (String, TensorData)| {
        let tensor = formula::tensor(&key, &data.shape().to_vec());
        (key, tensor)
    };
    let mut weights: TensorMap = keys.into_iter().map(formula).collect();
    if is_v2 {
        weights = timm::from_resnetv2(config, weights);
    }
    load_state_dict(model, weights).expect("its own keys").0
}
