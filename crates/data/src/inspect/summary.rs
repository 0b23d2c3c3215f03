//! From the facts of images to the report of a split.

use std::collections::BTreeMap;

use super::InspectSplit;
use super::facts::Facts;
use super::report::{Bad, Place, Quantiles, SplitReport};
use super::walk::Walked;

pub(super) fn of_splits(
    splits: &[InspectSplit],
    walked: &[Walked],
    classes: usize,
) -> Vec<SplitReport> {
    splits.iter().zip(walked).map(|(split, walked)| of_split(split, walked, classes)).collect()
}

fn of_split(split: &InspectSplit, walked: &Walked, classes: usize) -> SplitReport {
    let images_per_class = per_class(walked, classes);
    let quantiles = |of: fn(&Facts) -> u64| {
        Quantiles::of(walked.good.iter().map(|(_, facts)| of(facts)).collect())
    };
    let mut formats = BTreeMap::new();
    for (_, facts) in &walked.good {
        *formats.entry(facts.format).or_default() += 1;
    }
    let (mut channels, mut depths) = (BTreeMap::new(), BTreeMap::new());
    for (_, Facts { stored, .. }) in &walked.good {
        *channels.entry(stored.channels).or_default() += 1;
        *depths.entry(stored.depth).or_default() += 1;
    }
    let (mean, std) = walked.levels.mean_and_std().unzip();
    SplitReport {
        name: split.name.clone(),
        images: split.source.len() as u64,
        imbalance: imbalance(&images_per_class),
        images_per_class,
        width: quantiles(|facts| facts.width.into()),
        height: quantiles(|facts| facts.height.into()),
        bytes: quantiles(|facts| facts.bytes),
        formats,
        channels,
        depths,
        grey: walked.good.iter().filter(|(_, facts)| facts.grey).count() as u64,
        odd_colour: odd_colour(split, walked),
        mean,
        std,
        bad: bad(split, walked),
    }
}

fn per_class(walked: &Walked, classes: usize) -> Vec<u64> {
    let mut counts = vec![0; classes];
    for (_, facts) in &walked.good {
        counts[facts.label as usize] += 1;
    }
    counts
}

fn imbalance(images_per_class: &[u64]) -> Option<f64> {
    let largest = *images_per_class.iter().max()?;
    let smallest = *images_per_class.iter().filter(|&&images| images > 0).min()?;
    Some(largest as f64 / smallest as f64)
}

fn odd_colour(split: &InspectSplit, walked: &Walked) -> Vec<Place> {
    const NAMED: usize = 20;
    let grey = walked.good.iter().filter(|(_, facts)| facts.grey).count();
    let few_are_grey = 2 * grey <= walked.good.len();
    let odd = walked.good.iter().filter(|(_, facts)| facts.grey == few_are_grey);
    odd.take(NAMED).map(|(index, facts)| place(split, *index, Some(facts.label))).collect()
}

fn bad(split: &InspectSplit, walked: &Walked) -> Vec<Bad> {
    let bad = walked.bad.iter();
    bad.map(|(index, refused)| Bad {
        image: place(split, *index, refused.label),
        reason: refused.reason.clone(),
    })
    .collect()
}

pub(super) fn place(split: &InspectSplit, index: usize, label: Option<u32>) -> Place {
    Place { split: split.name.clone(), index, label, place: split.source.place(index) }
}
