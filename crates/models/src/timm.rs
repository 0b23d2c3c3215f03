//! State-dict keys of timm's networks of version 2.
//!
//! Every other network has the keys of torchvision's `resnet.py` or timm's as they are. timm's
//! `resnetv2.py` orders the same layers otherwise: `stages.0.blocks.1.norm1` is `layer1.1.bn1`
//! here.

use burn::tensor::TensorData;

use crate::ResNetConfig;
use crate::options::{Shortcut, Stem};
use crate::tensors::{TensorMap, reshaped};

/// Prefixes of the stem's layers, timm's and ours; deep stems first.
const DEEP_STEM: [(&str, &str); 5] = [
    ("stem.conv1.", "conv1.0."),
    ("stem.norm1.", "conv1.1."),
    ("stem.conv2.", "conv1.3."),
    ("stem.norm2.", "conv1.4."),
    ("stem.conv3.", "conv1.6."),
];
const STEM: [(&str, &str); 1] = [("stem.conv.", "conv1.")];
const HEAD: (&str, &str) = ("head.fc.", "fc.");

/// The tensors of a timm `resnetv2_*` network under the names of a network of version 2 built from
/// `config`; keys that neither has stay as they are.
#[must_use]
pub fn from_resnetv2(config: &ResNetConfig, tensors: TensorMap) -> TensorMap {
    to_ours(Layout::new(config), tensors)
}

/// [`from_resnetv2`] for a model with these keys, if the tensors have timm's names.
pub(crate) fn for_model<'a>(
    keys: impl Iterator<Item = &'a String>,
    tensors: TensorMap,
) -> TensorMap {
    if !tensors.keys().any(|key| key.starts_with("stages.")) {
        return tensors;
    }
    to_ours(Layout::of(keys), tensors)
}

fn to_ours(layout: Layout, tensors: TensorMap) -> TensorMap {
    let rename = |(key, data): (String, TensorData)| {
        let data = if key == "head.fc.weight" { matrix(&data) } else { data };
        (our_key(layout, &key), data)
    };
    tensors.into_iter().map(rename).collect()
}

/// The way back: tensors that `timm.create_model("resnetv2_…")` loads.
#[must_use]
pub fn to_resnetv2(config: &ResNetConfig, tensors: TensorMap) -> TensorMap {
    let layout = Layout::new(config);
    let rename = |(key, data): (String, TensorData)| {
        let data = if key == "fc.weight" { convolution(&data) } else { data };
        (timm_key(layout, &key), data)
    };
    tensors.into_iter().map(rename).collect()
}

/// timm's classifier is a 1×1 convolution; what is none stays as it is and will not fit.
fn matrix(data: &TensorData) -> TensorData {
    match data.shape()[..] {
        [classes, features, 1, 1] => reshaped(data, &[classes, features]),
        _ => data.clone(),
    }
}

fn convolution(data: &TensorData) -> TensorData {
    let mut shape = data.shape().to_vec();
    shape.resize(4, 1);
    reshaped(data, &shape)
}

fn our_key(layout: Layout, key: &str) -> String {
    for (theirs, ours) in prefixes(layout) {
        if let Some(rest) = key.strip_prefix(theirs) {
            return format!("{ours}{rest}");
        }
    }
    let parts: Vec<&str> = key.split('.').collect();
    let ["stages", stage, "blocks", block, rest @ ..] = &parts[..] else { return key.to_owned() };
    let Ok(stage) = stage.parse::<u8>() else { return key.to_owned() };
    let rest = rest.join(".").replace("norm", "bn");
    let rest = rest.replace("downsample.conv", layout.projection);
    format!("layer{}.{block}.{rest}", usize::from(stage) + 1)
}

fn timm_key(layout: Layout, key: &str) -> String {
    for (theirs, ours) in prefixes(layout) {
        if let Some(rest) = key.strip_prefix(ours) {
            return format!("{theirs}{rest}");
        }
    }
    let parts: Option<(&str, &str)> = key.strip_prefix("layer").and_then(|k| k.split_once('.'));
    let Some((stage, (block, rest))) =
        parts.and_then(|(stage, rest)| Some((stage.parse::<usize>().ok()?, rest.split_once('.')?)))
    else {
        return key.to_owned();
    };
    let rest = rest.replace("bn", "norm").replace(layout.projection, "downsample.conv");
    format!("stages.{}.blocks.{block}.{rest}", stage - 1)
}

fn prefixes(layout: Layout) -> impl Iterator<Item = (&'static str, &'static str)> {
    let stem: &[_] = if layout.deep_stem { &DEEP_STEM } else { &STEM };
    stem.iter().copied().chain([HEAD])
}

/// What decides our names of the layers.
#[derive(Debug, Clone, Copy)]
struct Layout {
    deep_stem: bool,
    /// Our name of the projection's convolution.
    projection: &'static str,
}

impl Layout {
    fn new(config: &ResNetConfig) -> Self {
        let deep_stem = matches!(config.stem, Stem::Deep | Stem::Tiered);
        Self::with(deep_stem, config.shortcut == Shortcut::AveragePool)
    }

    /// That of the model with these keys.
    fn of<'a>(keys: impl Iterator<Item = &'a String>) -> Self {
        let (mut deep_stem, mut pools) = (false, false);
        for key in keys {
            deep_stem |= key == "conv1.0.weight";
            pools |= key.contains("downsample.1.weight");
        }
        Self::with(deep_stem, pools)
    }

    fn with(deep_stem: bool, pools: bool) -> Self {
        Self { deep_stem, projection: if pools { "downsample.1" } else { "downsample.0" } }
    }
}
