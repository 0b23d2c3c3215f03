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
    let rename = |(key, data): (String, TensorData)| {
        let data = if key == "head.fc.weight" { matrix(&data) } else { data };
        (our_key(config, &key), data)
    };
    tensors.into_iter().map(rename).collect()
}

/// The way back: tensors that `timm.create_model("resnetv2_…")` loads.
#[must_use]
pub fn to_resnetv2(config: &ResNetConfig, tensors: TensorMap) -> TensorMap {
    let rename = |(key, data): (String, TensorData)| {
        let data = if key == "fc.weight" { convolution(&data) } else { data };
        (timm_key(config, &key), data)
    };
    tensors.into_iter().map(rename).collect()
}

/// timm's classifier is a 1×1 convolution.
fn matrix(data: &TensorData) -> TensorData {
    let shape = data.shape().to_vec();
    reshaped(data, &shape[..shape.len().min(2)])
}

fn convolution(data: &TensorData) -> TensorData {
    let mut shape = data.shape().to_vec();
    shape.resize(4, 1);
    reshaped(data, &shape)
}

fn our_key(config: &ResNetConfig, key: &str) -> String {
    for (theirs, ours) in prefixes(config) {
        if let Some(rest) = key.strip_prefix(theirs) {
            return format!("{ours}{rest}");
        }
    }
    let parts: Vec<&str> = key.split('.').collect();
    let ["stages", stage, "blocks", block, rest @ ..] = &parts[..] else { return key.to_owned() };
    let Ok(stage) = stage.parse::<usize>() else { return key.to_owned() };
    let rest = rest.join(".").replace("norm", "bn");
    let rest = rest.replace("downsample.conv", projection(config));
    format!("layer{}.{block}.{rest}", stage + 1)
}

fn timm_key(config: &ResNetConfig, key: &str) -> String {
    for (theirs, ours) in prefixes(config) {
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
    let rest = rest.replace("bn", "norm").replace(projection(config), "downsample.conv");
    format!("stages.{}.blocks.{block}.{rest}", stage - 1)
}

fn prefixes(config: &ResNetConfig) -> impl Iterator<Item = (&'static str, &'static str)> {
    let stem: &[_] = match config.stem {
        Stem::Deep | Stem::Tiered => &DEEP_STEM,
        Stem::ImageNet | Stem::Small => &STEM,
    };
    stem.iter().copied().chain([HEAD])
}

/// Our name of the projection's convolution.
fn projection(config: &ResNetConfig) -> &'static str {
    match config.shortcut {
        Shortcut::Conv => "downsample.0",
        Shortcut::AveragePool => "downsample.1",
    }
}
