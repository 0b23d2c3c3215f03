//! Where in a file the network lies, and other names of the same layers.

use std::collections::BTreeSet;

use crate::tensors::TensorMap;

/// Where training programs keep the weights beside other things; running means come first, as the
/// programs that keep them report the accuracy of those.
const PLACES: [&str; 6] =
    ["state_dict_ema.", "model_ema.", "state_dict.", "model_state_dict.", "model.", "net."];

/// How the names in the first block of a residual network begin: torchvision's, and timm's of version 2.
const FIRST_BLOCKS: [&str; 2] = ["layer1.0.", "stages.0.blocks.0."];

/// Names of the classifier in other programs.
const HEADS: [&str; 2] = ["linear.", "classifier."];

/// Beginnings of names that an error tells.
const MOST_TOLD: usize = 5;

/// The tensors of one network of a file, under the names that the network itself gives them.
#[derive(Debug, Default)]
pub(super) struct Network {
    pub(super) tensors: TensorMap,
    /// Names of the tensors beside it.
    pub(super) others: Vec<String>,
}

/// Why it is not known which network of a file is meant.
pub(super) enum Unclear {
    /// There are several; what stands before the names of each.
    Several(Vec<String>),
    /// None whose names begin with this prefix; how names do begin.
    NoneBelow(String, Vec<String>),
}

/// The network in a file, or the one below a prefix, without whatever programs have wrapped around it.
pub(super) fn network(tensors: TensorMap, prefix: Option<&str>) -> Result<Network, Unclear> {
    let Some(prefix) = prefix else { return unwrapped(tensors).map_err(Unclear::Several) };
    let prefix = format!("{}.", prefix.trim_end_matches('.'));
    if !tensors.keys().any(|key| key.starts_with(&prefix)) {
        let first =
            |key: &String| key.split_once('.').map_or(key.as_str(), |(first, _)| first).to_owned();
        let begins: BTreeSet<String> = tensors.keys().map(first).collect();
        return Err(Unclear::NoneBelow(prefix, begins.into_iter().take(MOST_TOLD).collect()));
    }
    let Network { tensors, others } = below(tensors, &prefix);
    let mut network = unwrapped(tensors).map_err(|prefixes| {
        Unclear::Several(prefixes.iter().map(|inner| format!("{prefix}{inner}")).collect())
    })?;
    network.others.extend(others);
    Ok(network)
}

/// What programs have wrapped around a network is taken off. If there are several, what stands before the names of each.
fn unwrapped(tensors: TensorMap) -> Result<Network, Vec<String>> {
    let mut prefixes: BTreeSet<String> = tensors.keys().filter_map(|key| prefix(key)).collect();
    if prefixes.len() > 1 && !prefixes.contains("") {
        let begins = |place: &&&str| prefixes.iter().any(|prefix| prefix.starts_with(**place));
        let place = PLACES.iter().find(begins).copied().unwrap_or_default();
        prefixes.retain(|prefix| prefix.starts_with(place));
    }
    let prefixes: Vec<String> = prefixes.into_iter().collect();
    match &prefixes[..] {
        [] => Ok(Network { tensors, others: Vec::new() }),
        [first, ..] if first.is_empty() => Ok(Network { tensors, others: Vec::new() }),
        [prefix] => Ok(below(tensors, prefix)),
        _ => Err(prefixes),
    }
}

/// What stands before the names of the network of which this is a tensor, if it is one of its first block.
fn prefix(key: &str) -> Option<String> {
    let prefix = FIRST_BLOCKS.iter().find_map(|block| Some(&key[..key.find(block)?]))?;
    (prefix.is_empty() || prefix.ends_with('.')).then(|| prefix.to_owned())
}

/// The tensors below `prefix`, without it; with the classifier that stands beside them, where it is not among them.
fn below(tensors: TensorMap, prefix: &str) -> Network {
    let mut network = Network::default();
    let (inner, outer): (TensorMap, TensorMap) =
        tensors.into_iter().partition(|(key, _)| key.starts_with(prefix));
    network
        .tensors
        .extend(inner.into_iter().map(|(key, data)| (key[prefix.len()..].to_owned(), data)));
    let has_classifier = network.tensors.keys().any(|key| is_head(key));
    for (key, data) in outer {
        match beside(&key, prefix).filter(|_| !has_classifier) {
            Some(name) => drop(network.tensors.insert(name.to_owned(), data)),
            None => network.others.push(key),
        }
    }
    network
}

/// The name of a classifier's weight or bias that stands in a module around the network, whose names begin with `prefix`:
/// `model.fc.weight` beside `model.backbone.`.
fn beside<'a>(key: &'a str, prefix: &str) -> Option<&'a str> {
    let modules = prefix.match_indices('.').map(|(dot, _)| &prefix[..=dot]);
    let around = modules.rev().skip(1).chain([""]);
    let name = around.into_iter().find_map(|module| key.strip_prefix(module))?;
    let (layer, part) = name.rsplit_once('.')?;
    let is_classifier = ["fc", "head.fc", "linear", "classifier"].contains(&layer);
    (is_classifier && ["weight", "bias"].contains(&part)).then_some(name)
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
