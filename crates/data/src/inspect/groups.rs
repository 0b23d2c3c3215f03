//! Groups of images that should be in one split and are in several.

use std::collections::{BTreeMap, HashMap};

use super::InspectSplit;
use super::report::SharedGroup;

/// Sorted by name of the group.
pub(super) fn in_several_splits(splits: &[InspectSplit]) -> Vec<SharedGroup> {
    let mut images: HashMap<&str, BTreeMap<usize, u64>> = HashMap::new();
    for (split, InspectSplit { source, .. }) in splits.iter().enumerate() {
        for group in (0..source.len()).filter_map(|index| source.group(index)) {
            *images.entry(group).or_default().entry(split).or_default() += 1;
        }
    }
    let shared = images.into_iter().filter(|(_, of_split)| of_split.len() > 1);
    let name = |(split, images): (usize, u64)| (splits[split].name.clone(), images);
    let mut shared: Vec<SharedGroup> = shared
        .map(|(group, of_split)| SharedGroup {
            group: group.to_owned(),
            images: of_split.into_iter().map(name).collect(),
        })
        .collect();
    shared.sort_by(|a, b| a.group.cmp(&b.group));
    shared
}
