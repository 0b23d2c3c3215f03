//! What the images are, and how training went.

use std::collections::BTreeSet;

use resnet_data::inspect::{Duplicate, Place, SharedGroup, SplitReport};
use resnet_report::sections::{DataCard, LeakageCheck, SplitCard};

use crate::{Facts, Findings};

pub(super) fn card(findings: &Findings) -> DataCard {
    let report = &findings.facts.check.report;
    let groups: Vec<Option<usize>> =
        report.splits.iter().map(|split| groups(findings, &split.name)).collect();
    let counted = counted(&findings.facts);
    let split = |(split, groups): (&SplitReport, &Option<usize>)| SplitCard {
        name: split.name.clone(),
        images: split.images_per_class.iter().sum::<u64>() as usize,
        groups: *groups,
        per_class: counted
            .iter()
            .map(|(_, classes)| split.images_where(|class| classes.contains(&class)) as usize)
            .collect(),
    };
    let is_grouped = groups.iter().any(Option::is_some);
    let each =
        if findings.facts.label_sets.is_empty() { "of each class" } else { "with each label" };
    DataCard {
        source: findings.dataset.root().display().to_string(),
        groups: is_grouped.then(|| "Groups".to_owned()),
        caption: format!("Images {each}"),
        classes: counted.iter().map(|(name, _)| name.clone()).collect(),
        splits: report.splits.iter().zip(&groups).map(split).collect(),
        checks: checks(findings, is_grouped),
    }
}

/// What is counted, and the classes that count for it: each class, or each label, who has none, and of whom one
/// is not known.
fn counted(facts: &Facts) -> Vec<(String, Vec<usize>)> {
    let classes = || facts.check.report.classes.iter().enumerate();
    if facts.label_sets.is_empty() {
        return classes().map(|(class, name)| (name.clone(), vec![class])).collect();
    }
    let with = |sets: &[Vec<usize>], label: usize| -> Vec<usize> {
        (0..sets.len()).filter(|&class| sets[class].contains(&label)).collect()
    };
    let labels = facts.outputs.iter().enumerate();
    let known = labels.clone().map(|(label, name)| (name.clone(), with(&facts.label_sets, label)));
    let none = classes().filter(|(class, _)| {
        let is_empty = |sets: &[Vec<usize>]| sets.get(*class).is_none_or(Vec::is_empty);
        is_empty(&facts.label_sets) && is_empty(&facts.unknown_labels)
    });
    let none = ("none of them".to_owned(), none.map(|(class, _)| class).collect());
    let unknown =
        labels.map(|(label, name)| (format!("{name} unknown"), with(&facts.unknown_labels, label)));
    let unknown = unknown.filter(|(_, classes)| !classes.is_empty());
    known.chain([none]).chain(unknown).collect()
}

/// How many groups a split has, if it has any.
fn groups(findings: &Findings, split: &str) -> Option<usize> {
    let images = findings.dataset.split(split)?;
    let names: BTreeSet<&str> = (0..images.len()).filter_map(|index| images.group(index)).collect();
    (!names.is_empty()).then_some(names.len())
}

/// Groups, if there are any, and pixels.
fn checks(findings: &Findings, is_grouped: bool) -> Vec<LeakageCheck> {
    let report = &findings.facts.check.report;
    let shared = |group: &SharedGroup| group.group.clone();
    let by_group = LeakageCheck {
        claim: "No group is in two splits".to_owned(),
        found: report.shared_groups.iter().map(shared).collect(),
    };
    let place = |image: &Place| format!("{} ({})", image.place, image.split);
    let names = |set: &Duplicate| set.images.iter().map(place).collect::<Vec<_>>().join(", ");
    let across = report.duplicates.iter().filter(|set| set.across_splits);
    let by_pixels = LeakageCheck {
        claim: "No picture is in two splits (by a hash of its pixels)".to_owned(),
        found: across.map(names).collect(),
    };
    is_grouped.then_some(by_group).into_iter().chain([by_pixels]).collect()
}
