//! Images with the same pixels.

use super::InspectSplit;
use super::report::Duplicate;
use super::summary::place;
use super::walk::Walked;

/// An image, by split and number; ordered by its pixels first.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Seen {
    hash: u128,
    split: usize,
    index: usize,
    label: u32,
}

/// All sets of images with the same pixels, in the order of their first images.
pub(super) fn find(splits: &[InspectSplit], walked: &[Walked]) -> Vec<Duplicate> {
    let mut seen: Vec<Seen> = Vec::new();
    for (split, walked) in walked.iter().enumerate() {
        let of_split = walked.good.iter();
        seen.extend(of_split.map(|(index, facts)| Seen {
            hash: facts.hash,
            split,
            index: *index,
            label: facts.label,
        }));
    }
    seen.sort_unstable();
    let same = seen.chunk_by(|a, b| a.hash == b.hash);
    let mut sets: Vec<&[Seen]> = same.filter(|set| set.len() > 1).collect();
    sets.sort_unstable_by_key(|set| (set[0].split, set[0].index));
    sets.into_iter().map(|set| duplicate(splits, set)).collect()
}

fn duplicate(splits: &[InspectSplit], set: &[Seen]) -> Duplicate {
    Duplicate {
        across_splits: set.iter().any(|image| image.split != set[0].split),
        contradicting: set.iter().any(|image| image.label != set[0].label),
        images: set
            .iter()
            .map(|image| place(&splits[image.split], image.index, Some(image.label)))
            .collect(),
    }
}
