//! What is found wrong with a data set.

use std::ops::ControlFlow;
use std::path::Path;

use resnet_data::contact_sheet::png;
use resnet_data::inspect::{
    Finding, FindingKind, InspectOptions, Report, Severity, check_for_training,
};
use resnet_data::{Dataset, DatasetOptions, LabelPolicy, RgbImage};

use crate::inspect_support::{Content, Stored, encoded, even, in_group, report, split};
use crate::support::assert_says;

/// The only finding, as a sentence.
#[track_caller]
fn only(report: &Report) -> String {
    let findings = report.findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    findings[0].to_string()
}

/// Grey images that differ, two of each class.
fn sound() -> Vec<Stored> {
    (0..4).map(|n| even(u32::from(n % 2), [n; 3])).collect()
}

#[test]
fn nothing_is_wrong_with_sound_images() {
    assert_eq!(report(&[split("train", sound())]).findings(), []);
}

#[test]
fn the_same_picture_in_two_splits_is_a_problem_and_within_one_is_told() {
    let again = (4..7).map(|n| even(u32::from(n % 2), [n; 3]));
    let other = [even(1, [3; 3])].into_iter().chain(again).collect();
    let found = report(&[split("train", sound()), split("test", other)]);
    let said = only(&found);
    assert_says(
        &said,
        &["image-3 (train): the same picture is in", "image-0 (test)", "all copies"],
    );

    let twice = report(&[split("train", [sound(), vec![even(0, [0; 3])]].concat())]);
    assert_eq!(twice.findings(), []);
    let [set] = &twice.duplicates[..] else { panic!("{:?}", twice.duplicates) };
    assert!(!set.across_splits && !set.contradicting);
    assert_eq!(set.images.iter().map(|image| image.index).collect::<Vec<_>>(), [0, 4]);
}

#[test]
fn the_same_picture_with_two_labels_is_a_problem() {
    let found = report(&[split("train", [sound(), vec![even(1, [0; 3])]].concat())]);
    assert_says(&only(&found), &["image-0: labelled cat", "image-4 (dog)", "Correct the wrong"]);
}

/// The contradictions in a manifest of two labels whose pictures `a.png` and `b.png`, and `c.png` and `d.png` are the same.
fn contradictions(folder: &Path, lines: &str) -> Vec<Finding> {
    for (name, level) in [("a", 1), ("b", 1), ("c", 2), ("d", 2)] {
        let image = RgbImage { height: 1, width: 1, pixels: vec![level; 3] };
        std::fs::write(folder.join(format!("{name}.png")), png(&image).unwrap()).unwrap();
    }
    let list = folder.join("list.csv");
    std::fs::write(&list, format!("path,edema,mass\n{lines}")).unwrap();
    let labels = ["edema", "mass"].map(str::to_owned).to_vec();
    let uncertain = Some(LabelPolicy::Ignore);
    let options = DatasetOptions { labels, uncertain, ..DatasetOptions::default() };
    let dataset = Dataset::open(&list, &options).unwrap();
    let go_on = || ControlFlow::Continue(());
    let check = check_for_training(&dataset, &InspectOptions::default(), &go_on).unwrap();
    assert_eq!(check.report.duplicates.len(), 2);
    let found = check.findings.into_iter();
    found.filter(|finding| finding.kind == FindingKind::ContradictingLabels).collect()
}

#[test]
fn an_unknown_label_contradicts_nothing_and_known_ones_each_other() {
    let folder = tempfile::tempdir().unwrap();
    let same = "a.png,1,0\nb.png,-1,0\nc.png,0,-1\nd.png,-1,1\n";
    assert_eq!(contradictions(folder.path(), same), []);
    let other = "a.png,1,0\nb.png,-1,1\nc.png,0,-1\nd.png,-1,1\n";
    let found = contradictions(folder.path(), other);
    let [one] = &found[..] else { panic!("{found:?}") };
    assert_says(&one.to_string(), &["a.png", "b.png", "edema? + mass", "Correct the wrong label"]);
}

#[test]
fn pictures_of_equal_bytes_and_other_sides_are_not_the_same() {
    let black = |height, width| Stored {
        content: Content::Rgb(height, width, vec![0; 12]),
        ..even(0, [0; 3])
    };
    let found = report(&[split("train", vec![black(1, 4), black(2, 2), black(4, 1)])]);
    assert!(found.duplicates.is_empty());
}

#[test]
fn a_group_in_two_splits_is_a_problem() {
    let of = |group, level| in_group(group, even(u32::from(level % 2), [level; 3]));
    let train = vec![of("p1", 0), of("p1", 1), of("p2", 2), of("p2", 3)];
    let test = vec![of("p3", 4), of("p3", 5), of("p2", 6), of("p3", 7)];
    let found = report(&[split("train", train), split("test", test)]);
    assert_eq!(
        found.shared_groups[0].images,
        [("test".to_owned(), 1), ("train".to_owned(), 2)].into()
    );
    assert_says(&only(&found), &["group \"p2\"", "test (1) and train (2)", "Split anew"]);
}

#[test]
fn classes_without_enough_images_are_problems() {
    let one = report(&[split("train", vec![even(0, [1; 3]), even(0, [2; 3])])]);
    assert_says(&only(&one), &["train: all images are of the class cat"]);
    let lone = report(&[split("train", vec![even(0, [1; 3]), even(0, [2; 3]), even(1, [3; 3])])]);
    assert_says(&only(&lone), &["train: a single image of dog"]);
}

#[test]
fn a_class_that_a_split_lacks_is_a_problem() {
    let splits = [split("train", sound()), split("test", vec![])];
    assert_eq!(report(&splits).findings(), [], "an empty split has nothing to lack");
    let classes = ["cat", "dog", "owl"].map(str::to_owned);
    let go_on = || std::ops::ControlFlow::Continue(());
    let options = resnet_data::inspect::InspectOptions::default();
    let found = resnet_data::inspect::inspect(&splits, &classes, &options, &go_on).unwrap();
    assert_says(&only(&found), &["train: no image of owl"]);
}

#[test]
fn findings_are_told_one_by_one_each_with_a_place_and_a_remedy() {
    let train = [
        sound(),
        vec![in_group("p", even(0, [50; 3])), even(1, [0; 3]), even(0, [9, 0, 0])],
        vec![encoded(0, b""), encoded(1, b"text")],
    ];
    let test = vec![in_group("p", even(0, [51; 3])), even(1, [1; 3]), even(1, [52; 3])];
    let found = report(&[split("train", train.concat()), split("test", test)]).findings();
    let kinds: Vec<FindingKind> = found.iter().map(|finding| finding.kind).collect();
    use FindingKind::*;
    let wanted =
        [Image, Image, ContradictingLabels, SharedGroup, SharedPicture, MixedColour, LoneImage];
    assert_eq!(kinds, wanted);
    let said: Vec<String> = found.iter().map(ToString::to_string).collect();
    let words: [&[&str]; 7] = [
        &["image-7: an empty file", "Replace the image"],
        &["image-8: bytes that do not begin"],
        &["image-0: labelled cat", "image-5 (dog)", "Correct the wrong label"],
        &["group \"p\"", "test (1) and train (1)", "Split anew by group"],
        &["image-1 (train)", "image-1 (test)", "Remove all copies but one"],
        &["train: 1 of 7 images is in colour among images grey: image-6", "See that colour"],
        &["test: a single image of cat"],
    ];
    std::iter::zip(&said, words).for_each(|(said, words)| assert_says(said, words));
    let severities: Vec<Severity> = found.iter().map(|finding| finding.severity).collect();
    let (error, warning) = (Severity::Error, Severity::Warning);
    assert_eq!(severities, [error, error, error, error, warning, warning, warning]);
}

#[test]
fn labels_that_teach_nothing_are_told_by_kind() {
    let folder = tempfile::tempdir().unwrap();
    let mut lines = "path,split,never,always,once,often,fine\n".to_owned();
    for n in 0..4_u8 {
        let name = format!("{n}.jpg");
        std::fs::write(folder.path().join(&name), crate::support::jpeg(10 * n)).unwrap();
        let (once, often) = (u8::from(n == 0), u8::from(n > 0));
        lines += &format!("{name},train,0,1,{once},{often},{}\n", n % 2);
    }
    let manifest = folder.path().join("list.csv");
    std::fs::write(&manifest, lines).unwrap();
    let labels = ["never", "always", "once", "often", "fine"].map(str::to_owned).to_vec();
    let options = DatasetOptions { labels, ..DatasetOptions::default() };
    let dataset = Dataset::open(&manifest, &options).unwrap();
    let go_on = || std::ops::ControlFlow::Continue(());
    let check = check_for_training(&dataset, &InspectOptions::default(), &go_on).unwrap();
    let found: Vec<_> =
        check.findings.iter().map(|finding| (finding.kind, finding.problem.as_str())).collect();
    use FindingKind::{EmptyClass, LoneImage, OneSidedLabel};
    let wanted = [
        (EmptyClass, "no image has the label never"),
        (OneSidedLabel, "every image has the label always"),
        (LoneImage, "only one image has the label once"),
        (OneSidedLabel, "only one image lacks the label often"),
    ];
    assert_eq!(found, wanted);
    assert_eq!(serde_json::to_value(OneSidedLabel).unwrap(), "one-sided-label");
}
