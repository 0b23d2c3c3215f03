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
    let (kind, problem, is_error) = match (with, without) {
        (0, _) => (FindingKind::EmptyClass, "no image has", is_needed(split)),
        (_, 0) => (FindingKind::OneSidedLabel, "every image has", is_needed(split)),
        (1, _) => (FindingKind::LoneImage, "only one image has", is_trained_on),
        (_, 1) => (FindingKind::OneSidedLabel, "only one image lacks", is_trained_on),
        _ => return None,
    };
    let told = if is_error { error } else { warning };
    let remedy = "Add images, split anew, or leave the label out";
    Some(told(kind, split.name.clone(), format!("{problem} the label {label}"), remedy))
}

/// Whether a network learns from the split, or its thresholds are chosen there.
fn is_needed(split: &SplitReport) -> bool {
    split_name::is_trained_on(&split.name) || split.name == "validation"
}
