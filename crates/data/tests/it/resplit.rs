//! Other splits of a data set, and folds.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use resnet_data::stratify::Fractions;
use resnet_data::{Dataset, DatasetOptions, GroupBy, LabelPolicy};

use crate::dataset::{open, save};
use crate::support::assert_says;

/// 30 patients of class `a` and 12 of class `b`, each with 1 to 4 images.
fn scans(folder: &Path) {
    for patient in 0..42 {
        let class = if patient < 30 { "a" } else { "b" };
        for image in 0..=patient % 4 {
            save(&folder.join(class).join(format!("p{patient}_{image}.jpg")), "?");
        }
    }
}

fn by_patient(folder: &Path) -> Dataset {
    let options =
        DatasetOptions { group: Some(GroupBy::NameUntil('_')), ..DatasetOptions::default() };
    Dataset::open(folder, &options).unwrap()
}

/// Names of the images of a split.
fn names(dataset: &Dataset, split: &str) -> BTreeSet<String> {
    let images = dataset.split(split).unwrap();
    let name = |index| Path::new(&images.place(index)).file_name().unwrap().to_owned();
    (0..images.len()).map(|index| name(index).into_string().unwrap()).collect()
}

/// The splits that each patient is in.
fn splits_of_patients(dataset: &Dataset) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for split in dataset.splits() {
        let images = dataset.split(split).unwrap();
        for index in 0..images.len() {
            let patient = images.group(index).unwrap().to_owned();
            found.entry(patient).or_default().insert(split.to_owned());
        }
    }
    found
}

/// The share of class `b` in a split.
fn share_of_b(dataset: &Dataset, split: &str) -> f64 {
    let images = dataset.split(split).unwrap();
    let b = (0..images.len()).filter(|&index| images.label(index).unwrap() == 1).count();
    b as f64 / images.len() as f64
}

fn fractions(text: &str) -> Fractions {
    text.parse().unwrap()
}

#[test]
fn patients_stay_together_and_classes_keep_their_share() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path());
    let whole = by_patient(folder.path());
    let parts = whole.resplit(&["all"], &fractions("train=0.6,val=0.2,test=0.2"), 3).unwrap();
    assert_eq!(parts.splits(), ["train", "validation", "test"]);
    assert_eq!((parts.classes(), parts.layout()), (whole.classes(), whole.layout()));
    let patients = splits_of_patients(&parts);
    assert_eq!(patients.len(), 42);
    assert!(patients.values().all(|splits| splits.len() == 1), "{patients:?}");
    let wanted = share_of_b(&whole, "all");
    for split in parts.splits() {
        let share = share_of_b(&parts, split);
        assert!((share - wanted).abs() < 0.06, "{split}: {share} and not {wanted}");
    }
}

#[test]
fn the_split_depends_on_seed_and_names_but_not_on_the_place() {
    let (here, there) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let below = there.path().join("somewhere/else");
    scans(here.path());
    scans(&below);
    let test = |folder: &Path, seed| {
        let parts = fractions("train=0.5,test=0.5");
        names(&by_patient(folder).resplit(&["all"], &parts, seed).unwrap(), "test")
    };
    assert_eq!(test(here.path(), 1), test(&below, 1));
    assert_ne!(test(here.path(), 1), test(here.path(), 2));
}

#[test]
fn splits_that_are_not_named_stay_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    for n in 0..20 {
        save(&folder.path().join(format!("train/{}/{n}.jpg", ["a", "b"][n % 2])), "?");
    }
    save(&folder.path().join("test/a/100.jpg"), "?");
    save(&folder.path().join("test/b/101.jpg"), "?");
    let whole = open(folder.path());
    let parts = whole.resplit(&["train"], &fractions("train=0.8,validation=0.2"), 0).unwrap();
    assert_eq!(parts.splits(), ["train", "validation", "test"]);
    assert_eq!(names(&parts, "test"), names(&whole, "test"));
    assert_eq!((names(&parts, "train").len(), names(&parts, "validation").len()), (16, 4));
    let together: BTreeSet<String> = &names(&parts, "train") | &names(&parts, "validation");
    assert_eq!(together, names(&whole, "train"));

    let taken = whole.resplit(&["train"], &fractions("train=0.8,test=0.2"), 0).unwrap_err();
    assert_says(&taken.to_string(), &["the split test is there twice"]);
    let unknown = whole.resplit(&["dev"], &fractions("train=0.8,test=0.2"), 0).unwrap_err();
    assert_says(&unknown.to_string(), &["no split dev", "train, test"]);
}

#[test]
fn every_image_is_tested_in_one_fold_and_no_patient_is_in_two_splits() {
    let folder = tempfile::tempdir().unwrap();
    scans(folder.path());
    let whole = by_patient(folder.path());
    let folds = whole.folds(&["all"], 5, 9).unwrap();
    let mut tested = Vec::new();
    for fold in &folds {
        assert_eq!(fold.splits(), ["train", "validation", "test"]);
        let patients = splits_of_patients(fold);
        assert_eq!(patients.len(), 42);
        assert!(patients.values().all(|splits| splits.len() == 1), "{patients:?}");
        assert!(share_of_b(fold, "test") > 0.1, "both classes are tested");
        tested.extend(names(fold, "test"));
    }
    let all: Vec<String> = names(&whole, "all").into_iter().collect();
    tested.sort();
    assert_eq!(tested, all);
    let two = whole.folds(&["all"], 2, 9).unwrap_err().to_string();
    assert_says(&two, &["2 folds", "it takes 3"]);
}

#[test]
fn columns_of_a_manifest_are_kept_where_they_are_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("scans.csv");
    let lines = "path,label,patient,sex\n1.jpg,ill,p1,f\n2.jpg,well,p2,\n3.jpg,well,p1,m\n";
    save(&list, lines);
    let options = DatasetOptions {
        group: Some(GroupBy::Column("patient".into())),
        columns: vec!["sex".into()],
        ..DatasetOptions::default()
    };
    let images = Dataset::open(&list, &options).unwrap().split("all").unwrap();
    let group = |index| images.group(index);
    assert_eq!((group(0), group(1), group(2)), (Some("p1"), Some("p2"), Some("p1")));
    let sex = |index| images.column(index, "sex");
    assert_eq!((sex(0), sex(1), sex(2)), (Some("f"), None, Some("m")));
    assert_eq!(images.column(0, "age"), None);
    let plain = open(&list).split("all").unwrap();
    assert_eq!((plain.group(0), plain.column(0, "sex")), (None, None));

    let missing = DatasetOptions { columns: vec!["age".into()], ..options.clone() };
    let error = Dataset::open(&list, &missing).unwrap_err().to_string();
    assert_says(&error, &["scans.csv", "line 1", "no column \"age\"", "path, label, patient, sex"]);

    fs::create_dir(folder.path().join("a")).unwrap();
    save(&folder.path().join("a/1.jpg"), "?");
    let error = Dataset::open(folder.path(), &options).unwrap_err().to_string();
    assert_says(&error, &["only a manifest has columns", ".csv"]);
}

#[test]
fn columns_of_labels_are_classes_by_set_and_survive_a_new_split() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("scans.csv");
    let mut lines = "path,edema,mass,label\n".to_owned();
    for n in 0..40 {
        lines += &format!("{n}.jpg,{},{},whatever\n", u8::from(n % 4 > 1), ["no", "1.0"][n % 2]);
    }
    save(&list, &lines);
    let labels = vec!["mass".to_owned(), "edema".to_owned()];
    let options = DatasetOptions { labels: labels.clone(), ..DatasetOptions::default() };
    let whole = Dataset::open(&list, &options).unwrap();
    assert_eq!(whole.classes(), ["edema", "mass", "mass + edema", "none"]);
    assert_eq!((whole.labels(), whole.outputs()), (&labels[..], &labels[..]));
    let sets = [vec![1], vec![0], vec![0, 1], vec![]];
    assert_eq!(whole.label_sets(), sets);
    let folds = whole.folds(&["all"], 4, 0).unwrap();
    assert!(folds.iter().all(|fold| fold.label_sets() == sets && fold.labels() == labels));
    let plain = open(&list);
    assert_eq!((plain.outputs(), plain.labels().len()), (&["whatever".to_owned()][..], 0));
    assert!(plain.label_sets().is_empty());
}

#[test]
fn uncertain_and_empty_labels_are_taken_for_what_is_wanted() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("scans.csv");
    save(&list, "path,edema,mass\n1.jpg,1,0\n2.jpg,-1,1\n3.jpg,0,\n4.jpg,-1.0,\n");
    let options = |uncertain, unmentioned| DatasetOptions {
        labels: ["edema", "mass"].map(str::to_owned).to_vec(),
        uncertain,
        unmentioned,
        ..DatasetOptions::default()
    };
    let opened = |uncertain, unmentioned| {
        let found = Dataset::open(&list, &options(Some(uncertain), Some(unmentioned))).unwrap();
        (found.classes().to_vec(), found.label_sets(), found.unknown_labels())
    };
    let (ignore, positive, negative) =
        (LabelPolicy::Ignore, LabelPolicy::Positive, LabelPolicy::Negative);
    let (classes, sets, unknown) = opened(ignore, negative);
    assert_eq!(classes, ["edema", "edema?", "edema? + mass", "none"]);
    assert_eq!(sets, [vec![0], vec![], vec![1], vec![]]);
    assert_eq!(unknown, [vec![], vec![0], vec![0], vec![]]);
    let (classes, _, unknown) = opened(positive, negative);
    assert_eq!(
        (classes, unknown.len()),
        (vec!["edema".into(), "edema + mass".into(), "none".into()], 0)
    );
    let (_, sets, unknown) = opened(negative, ignore);
    assert_eq!((sets, unknown), (vec![vec![0], vec![1], vec![]], vec![vec![], vec![], vec![1]]));
    let error = Dataset::open(&list, &options(None, Some(ignore))).unwrap_err().to_string();
    assert_says(&error, &["line 3", "\"-1\"", "choose what uncertain labels are taken for"]);
}

#[test]
fn labels_that_say_neither_yes_nor_no_are_told_with_their_line() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("scans.csv");
    save(&list, "path,edema,mass\n1.jpg,1,0\n2.jpg,-1,0\n3.jpg,0,\n4.jpg,0,1\n");
    let with = |labels: &[&str]| DatasetOptions {
        labels: labels.iter().map(|&label| label.to_owned()).collect(),
        leave_out: true,
        ..DatasetOptions::default()
    };
    let found = Dataset::open(&list, &with(&["edema", "mass"])).unwrap();
    let told: Vec<String> =
        found.left_out().iter().map(|left| format!("{}: {}", left.place, left.problem)).collect();
    assert_says(
        &told.join("\n"),
        &["line 3", "(edema) says \"-1\": write 1 or 0", "line 4", "(mass)"],
    );
    assert_eq!(found.split("all").unwrap().len(), 2);
    for (labels, words) in [
        (&["edema", "nodule"][..], "no column \"nodule\""),
        (&["edema", "edema"], "is named twice"),
        (&["none"], "cannot be called"),
    ] {
        let error = Dataset::open(&list, &with(labels)).unwrap_err().to_string();
        assert_says(&error, &["scans.csv", words]);
    }
    let error = Dataset::open(&list, &DatasetOptions::default()).unwrap_err().to_string();
    assert_says(&error, &["no column \"label\"", "name the columns of several labels"]);
}
