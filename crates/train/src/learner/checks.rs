//! What cannot be trained.

use burn::tensor::Device;
use resnet_models::{Classifier, Part, param_rules};
use resnet_recipe::Precision;

use crate::model::NetworkError;
use crate::precision::is_supported;

/// Whether anything is left to learn.
pub(super) fn check_parts<M: Classifier>(
    model: &M,
    frozen: Option<Part>,
) -> Result<(), NetworkError> {
    let Some(last) = frozen else { return Ok(()) };
    let learns = param_rules(model, 1.0).keys().any(|key| Part::of(key) > last);
    if learns { Ok(()) } else { Err(NetworkError::NothingLearns { last }) }
}

/// Whether network and device compute with such floats.
pub(super) fn check_precision<M: Classifier>(
    wanted: Precision,
    device: &Device,
) -> Result<(), NetworkError> {
    if wanted != Precision::F32 && !M::TAKES_16_BITS {
        return Err(NetworkError::Precision { wanted, who: "this network" });
    }
    if !is_supported(wanted, device) {
        return Err(NetworkError::Precision { wanted, who: "the device" });
    }
    Ok(())
}
