//! What the images are, and how training went.

use std::collections::BTreeSet;

use resnet_data::inspect::{Duplicate, Place, SharedGroup, SplitReport};
use resnet_report::sections::{DataCard, LeakageCheck, SplitCard};

use crate::Findings;

pub(super) fn card(findings: &Findings) -> DataCard {
    let report = &findings.facts.check.report;
    let groups: Vec<Option<usize>> =
        report.splits.iter().map(|split| groups(findings, &split.name)).collect();
    let split = |(split, groups): (&SplitReport, &Option<usize>)| SplitCard {
        name: split.name.clone(),
        groups: *groups,
        per_class: split.images_per_class.iter().map(|&images| images as usize).collect(),
    };
    let is_grouped = groups.iter().any(Option::is_some);
    DataCard {
        source: findings.dataset.root().display().to_string(),
        group: is_grouped.then(|| "Groups".to_owned()),
        classes: report.classes.clone(),
        splits: report.splits.iter().zip(&groups).map(split).collect(),
        checks: checks(findings, is_grouped),
    }
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
