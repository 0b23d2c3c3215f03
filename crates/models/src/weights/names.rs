//! The names that programs wrap around those of a model, and other names of the same layers.

use crate::tensors::TensorMap;

/// Where training programs keep the weights beside other things; running means come first, as the
/// programs that keep them report the accuracy of those.
const PLACES: [&str; 6] =
    ["state_dict_ema.", "model_ema.", "state_dict.", "model_state_dict.", "model.", "net."];

/// What wrappers put before every name.
const WRAPPERS: [&str; 5] = ["module.", "model.", "_orig_mod.", "net.", "backbone."];

/// Names of the classifier in other programs.
const HEADS: [&str; 2] = ["linear.", "classifier."];

/// The tensors of the model in a file, under the names that the model itself gives them.
pub(super) fn unwrapped(mut tensors: TensorMap) -> TensorMap {
    if !tensors.keys().any(|key| key.starts_with("conv1.") || key.starts_with("stem.")) {
        let place = PLACES.iter().find(|place| tensors.keys().any(|key| key.starts_with(**place)));
        if let Some(place) = place {
            tensors = within(tensors, place);
        }
    }
    while let Some(wrapper) = common(&tensors) {
        tensors = within(tensors, wrapper);
    }
    tensors
}

/// The tensors below `prefix`, without it; the others are dropped.
pub(super) fn within(tensors: TensorMap, prefix: &str) -> TensorMap {
    let strip = |(key, data): (String, _)| Some((key.strip_prefix(prefix)?.to_owned(), data));
    tensors.into_iter().filter_map(strip).collect()
}

/// A wrapper that every name has.
fn common(tensors: &TensorMap) -> Option<&'static str> {
    let everywhere = |wrapper: &&str| tensors.keys().all(|key| key.starts_with(*wrapper));
    WRAPPERS.into_iter().filter(|_| !tensors.is_empty()).find(|wrapper| everywhere(wrapper))
}

/// Whether a tensor is one of the classifier, as any program calls it.
pub(super) fn is_head(key: &str) -> bool {
    key.starts_with("fc.")
        || key.starts_with("head.fc.")
        || HEADS.iter().any(|head| key.starts_with(head))
}

/// Calls the classifier `fc`, as torchvision does, where the file has another name for it.
pub(super) fn torchvision_head(mut tensors: TensorMap) -> TensorMap {
    if tensors.contains_key("fc.weight") {
        return tensors;
    }
    for head in HEADS {
        for part in ["weight", "bias"] {
            if let Some(data) = tensors.remove(&format!("{head}{part}")) {
                tensors.insert(format!("fc.{part}"), data);
            }
        }
    }
    tensors
}
