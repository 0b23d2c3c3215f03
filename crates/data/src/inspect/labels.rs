//! What is wrong with images of several labels: what can be neither learned nor judged.

use super::findings::{Finding, FindingKind, error, warning};
use super::report::{Report, SplitReport};
use crate::split_name;

/// For each split the labels that none, one or all of its images have. `sets` are the labels of each
/// class of the report.
pub(super) fn label_findings(
    report: &Report,
    labels: &[String],
    sets: &[Vec<usize>],
) -> Vec<Finding> {
    let splits = report.splits.iter().filter(|split| split.good() > 0);
    let of_split = |split: &SplitReport| -> Vec<Finding> {
        let with = |label: usize| -> u64 {
            let counts = split.images_per_class.iter().zip(sets);
            counts.filter(|(_, set)| set.contains(&label)).map(|(images, _)| images).sum()
        };
        let all: u64 = split.images_per_class.iter().sum();
        let numbered = labels.iter().enumerate();
        numbered.filter_map(|(label, name)| finding(split, name, with(label), all)).collect()
    };
    splits.flat_map(of_split).collect()
}

fn finding(split: &SplitReport, label: &str, with: u64, all: u64) -> Option<Finding> {
    let is_trained_on = split_name::is_trained_on(&split.name);
    let (problem, is_error) = match (with, all - with) {
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
