//! What is wrong with images of several labels: what can be neither learned nor judged.

use super::findings::{Finding, FindingKind, error, warning};
use super::report::{Report, SplitReport};
use crate::dataset::Dataset;
use crate::split_name;

/// For each split of `dataset`, which `report` is about, the labels that none, one or all of its images have.
pub(super) fn label_findings(report: &Report, dataset: &Dataset) -> Vec<Finding> {
    let (sets, unknown) = (dataset.label_sets(), dataset.unknown_labels());
    let splits = report.splits.iter().filter(|split| split.good() > 0);
    let of_split = |split: &SplitReport| -> Vec<Finding> {
        let numbered = dataset.labels().iter().enumerate();
        let one = |(label, name): (usize, &String)| {
            finding(split, name, split.label_counts(label, &sets, &unknown))
        };
        numbered.filter_map(one).collect()
    };
    splits.flat_map(of_split).collect()
}

/// Of a label that is known to be true of `with` images and false of `without`.
fn finding(split: &SplitReport, label: &str, [with, without]: [u64; 2]) -> Option<Finding> {
    let is_trained_on = split_name::is_trained_on(&split.name);
    let (problem, is_error) = match (with, without) {
        (0, _) => (format!("no image has the label {label}"), is_needed(split)),
        (_, 0) => (format!("every image has the label {label}"), is_needed(split)),
        (1, _) => (format!("a single image has the label {label}"), is_trained_on),
        (_, 1) => (format!("a single image has not the label {label}"), is_trained_on),
        _ => return None,
    };
    let told = if is_error { error } else { warning };
    let remedy = "Add images, split anew, or leave the label out";
    Some(told(FindingKind::EmptyClass, split.name.clone(), problem, remedy))
}

/// Whether a network learns from the split, or its thresholds are chosen there.
fn is_needed(split: &SplitReport) -> bool {
    split_name::is_trained_on(&split.name) || split.name == "validation"
}
