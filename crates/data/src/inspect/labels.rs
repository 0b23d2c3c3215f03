//! What is wrong with images of several labels: what can be neither learned nor judged.

use super::findings::{Finding, FindingKind, error, warning};
use super::report::{Place, Report, SplitReport};
use crate::dataset::Dataset;
use crate::split_name;

/// Whether a label is known to be true of one of these images, which have the same pixels, and known not to be true of
/// another. For each class `sets` are the labels that are true, `unknown` those of which nobody knows: they contradict
/// nothing.
pub(super) fn contradict(images: &[Place], sets: &[Vec<usize>], unknown: &[Vec<usize>]) -> bool {
    let classes = || images.iter().filter_map(|image| image.label).map(|class| class as usize);
    let has = |of_classes: &[Vec<usize>], class: usize, label: usize| {
        of_classes.get(class).is_some_and(|labels| labels.contains(&label))
    };
    let is_false = |class, label| !has(sets, class, label) && !has(unknown, class, label);
    let mut true_ones = classes().filter_map(|class| sets.get(class)).flatten();
    true_ones.any(|&label| classes().any(|class| is_false(class, label)))
}

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
