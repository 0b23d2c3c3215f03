//! Which image goes into which split.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use resnet_data::stratify::{
    Fractions, Item, Row, Stratified, StratifyError, stratify, write_manifest,
};
use resnet_data::{Dataset, DatasetOptions, ImageFiles, SampleRng};

use crate::support::assert_says;

/// An image that owns its names.
#[derive(Clone)]
struct Named(String, u32, Option<String>);

fn fractions(text: &str) -> Fractions {
    text.parse().unwrap()
}

fn split(images: &[Named], text: &str, seed: u64) -> Stratified {
    let item = |Named(name, label, group): &'_ Named| Item {
        name: name.clone().leak(),
        label: *label,
        group: group.clone().map(|group| &*group.leak()),
    };
    let items: Vec<Item<'_>> = images.iter().map(item).collect();
    stratify(&items, &fractions(text), seed)
}

/// `count` images of each of these classes.
fn of_classes(counts: &[usize]) -> Vec<Named> {
    let of_class = |(label, &count): (u32, &usize)| {
        (0..count).map(move |n| Named(format!("{label}/{n}.jpg"), label, None))
    };
    (0..).zip(counts).flat_map(of_class).collect()
}

/// Images of each class in each split.
fn counts(images: &[Named], parts: &Stratified) -> BTreeMap<(usize, u32), usize> {
    let mut counts = BTreeMap::new();
    for (Named(_, label, _), split) in images.iter().zip(&parts.split_of) {
        *counts.entry((*split, *label)).or_default() += 1;
    }
    counts
}

/// Random patients with 1 to 9 images each, of one class or of several.
fn patients(seed: u64, classes_of_a_patient: u64) -> Vec<Named> {
    let mut rng = SampleRng::for_sample(seed, 0, 0);
    let mut images = Vec::new();
    for patient in 0..150 {
        let first = rng.below(5);
        for n in 0..=rng.below(9) {
            let label = u32::try_from((first + rng.below(classes_of_a_patient)) % 5).unwrap();
            images.push(Named(format!("p{patient}_{n}.png"), label, Some(format!("p{patient}"))));
        }
    }
    images
}

#[test]
fn every_class_is_divided_as_the_fractions_say() {
    let images = of_classes(&[100, 50, 1000]);
    let parts = split(&images, "train=0.8,validation=0.1,test=0.1", 3);
    let counts = counts(&images, &parts);
    for (class, total) in [(0, 100.0), (1, 50.0), (2, 1000.0)] {
        for (split, share) in [(0, 0.8), (1, 0.1), (2, 0.1)] {
            let wanted = total * share;
            assert!((counts[&(split, class)] as f64 - wanted).abs() <= 1.0, "{counts:?}");
        }
    }
    assert_eq!(parts.missing, []);
}

#[test]
fn many_small_classes_still_add_up_to_the_fractions() {
    // 12 images at 0.8, 0.1, 0.1 are 9.6, 1.2, 1.2: rounding each class alike would give 83 % to one.
    let images = of_classes(&[12; 200]);
    let parts = split(&images, "train=0.8,validation=0.1,test=0.1", 3);
    let train = parts.split_of.iter().filter(|&&split| split == 0).count();
    assert!(train.abs_diff(1920) <= 12, "{train}");
}

#[test]
fn the_split_depends_on_seed_and_names_and_not_on_the_order() {
    let images = of_classes(&[30, 40]);
    let by_name = |images: &[Named], seed| -> BTreeMap<String, usize> {
        let parts = split(images, "train=0.7,test=0.3", seed);
        images.iter().map(|image| image.0.clone()).zip(parts.split_of).collect()
    };
    let backwards: Vec<Named> = images.iter().rev().cloned().collect();
    assert_eq!(by_name(&images, 5), by_name(&backwards, 5));
    assert_ne!(by_name(&images, 5), by_name(&images, 6));
}

#[test]
fn the_split_of_a_seed_is_pinned() {
    let parts = split(&of_classes(&[6, 6]), "train=0.5,test=0.5", 0);
    assert_eq!(parts.split_of, [0, 1, 1, 1, 0, 0, 1, 0, 0, 0, 1, 1]);
}

#[test]
fn no_group_is_ever_in_two_splits() {
    for seed in 0..20 {
        let images = patients(seed, 1 + seed % 3);
        let parts = split(&images, "train=0.6,validation=0.2,test=0.2", seed);
        let mut of_group = BTreeMap::new();
        for (Named(_, _, group), split) in images.iter().zip(&parts.split_of) {
            assert_eq!(of_group.entry(group).or_insert(split), &split, "{group:?}");
        }
        assert_eq!(of_group.values().collect::<BTreeSet<_>>().len(), 3);
    }
}

#[test]
fn groups_keep_the_mix_of_classes_nearly() {
    for seed in 0..20 {
        let images = patients(seed, 2);
        let parts = split(&images, "train=0.7,test=0.3", seed);
        let counts = counts(&images, &parts);
        for class in 0..5 {
            let (train, test) = (counts[&(0, class)] as f64, counts[&(1, class)] as f64);
            let share = test / (train + test);
            assert!((0.24..=0.36).contains(&share), "class {class}: {share} with seed {seed}");
        }
    }
}

#[test]
fn a_class_with_enough_groups_is_in_every_split() {
    let text = "train=0.9,validation=0.05,test=0.05";
    for seed in 0..50 {
        let mut images = of_classes(&[3, 3, 4, 500]);
        // Groups of one class, large and small.
        for (n, group) in (0..30).zip(["a", "a", "a", "a", "b", "c"].iter().cycle()) {
            images.push(Named(format!("4/{n}.jpg"), 4, Some((*group).to_owned())));
        }
        let parts = split(&images, text, seed);
        assert_eq!(parts.missing, [], "seed {seed}");
        assert_eq!(counts(&images, &parts).len(), 3 * 5);
    }
}

#[test]
fn a_class_with_too_few_groups_is_reported() {
    let parts = split(&of_classes(&[2, 50]), "train=0.8,validation=0.1,test=0.1", 1);
    assert_eq!(parts.missing.len(), 1);
    assert_eq!((parts.missing[0].label, parts.missing[0].groups), (0, 2));
}

#[test]
fn fractions_that_make_no_sense_say_why() {
    for (text, words) in [
        ("train", &["no list such as train=0.8"][..]),
        ("", &["no list"]),
        ("train=x", &["no list"]),
        ("train=0.8,test=0.3", &["add up to 1.1"]),
        ("train=1.5,test=-0.5", &["share of test is -0.5", "above 0"]),
        ("train=NaN", &["above 0"]),
        ("val=0.5,validation=0.5", &["validation is there twice"]),
        ("a b=1", &["no name for a split"]),
        ("=1", &["no name for a split"]),
    ] {
        let error = text.parse::<Fractions>().unwrap_err().to_string();
        assert_says(&error, words);
    }
    let thirds = fractions("a=0.333,b=0.333,c=0.333");
    assert_eq!((thirds.iter().count(), thirds.name(2)), (3, "c"));
}

fn row(file: &Path, split: &str, group: Option<&str>, weight: f32) -> Row {
    let (class, split) = (Some("a \"cat\"".to_owned()), split.to_owned());
    let (group, further) = (group.map(str::to_owned), Vec::new());
    Row { file: file.to_owned(), class, split, group, weight, further }
}

#[test]
fn a_manifest_is_read_back_as_it_was_written() {
    let dir = tempfile::tempdir().unwrap();
    let (manifest, folder) = (dir.path().join("split.csv"), dir.path().join("x"));
    let rows = [
        row(&folder.join("1.jpg"), "train", Some("p,1"), 1.0),
        row(&folder.join("2, \"b\".jpg"), "test", None, 0.25),
    ];
    write_manifest(&manifest, &[], &rows).unwrap();
    let dataset = Dataset::open(&manifest, &DatasetOptions::default()).unwrap();
    assert_eq!(
        (dataset.classes(), dataset.splits()),
        (&["a \"cat\"".to_owned()][..], vec!["train", "test"])
    );
    let [train, test] = ["train", "test"].map(|split| dataset.split(split).unwrap());
    assert_eq!((train.group(0), test.group(0)), (Some("p,1"), None));
    assert_eq!((train.weight(0), test.weight(0)), (1.0, 0.25));
    assert_eq!(train.file(0), Some(rows[0].file.clone()));
    assert_eq!(test.file(0), Some(rows[1].file.clone()));

    let plain = dir.path().join("plain.csv");
    write_manifest(&plain, &[], &[row(&folder.join("1.jpg"), "train", None, 1.0)]).unwrap();
    let text = std::fs::read_to_string(&plain).unwrap();
    assert_eq!(text, "path,label,split\nx/1.jpg,\"a \"\"cat\"\"\",train\n");
}

#[test]
fn a_manifest_overwrites_nothing_and_lists_nothing_outside_its_folder() {
    let dir = tempfile::tempdir().unwrap();
    let there = dir.path().join("there.csv");
    std::fs::write(&there, "precious").unwrap();
    let inside = row(&dir.path().join("1.jpg"), "train", None, 1.0);
    let error = write_manifest(&there, &[], std::slice::from_ref(&inside)).unwrap_err();
    assert!(matches!(error, StratifyError::Exists { .. }));
    assert_eq!(std::fs::read_to_string(&there).unwrap(), "precious");

    let below = dir.path().join("below");
    std::fs::create_dir(&below).unwrap();
    let error = write_manifest(&below.join("new.csv"), &[], &[inside]).unwrap_err();
    assert_says(&error.to_string(), &["1.jpg is not below", "into the folder of the images"]);
    let broken = row(&below.join("a\nb.jpg"), "train", None, 1.0);
    let error = write_manifest(&below.join("new.csv"), &[], &[broken]).unwrap_err();
    assert_says(&error.to_string(), &["line break"]);
    assert_eq!(std::fs::read_dir(&below).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn columns_of_a_programs_own_stand_in_a_manifest_too() {
    let dir = tempfile::tempdir().unwrap();
    let manifest = dir.path().join("list.csv");
    let columns = ["edema", "hospital, ward"].map(str::to_owned);
    let of = |name: &str, split: &str, further: &[&str]| Row {
        class: None,
        further: further.iter().map(|&field| field.to_owned()).collect(),
        ..row(&dir.path().join(name), split, None, 1.0)
    };
    let rows = [of("1.jpg", "train", &["1", "a \"b\""]), of("2.jpg", "test", &["0"])];
    write_manifest(&manifest, &columns, &rows).unwrap();
    let text = std::fs::read_to_string(&manifest).unwrap();
    let wanted =
        "path,edema,\"hospital, ward\",split\n1.jpg,1,\"a \"\"b\"\"\",train\n2.jpg,0,,test\n";
    assert_eq!(text, wanted);
    let found = ImageFiles::manifest_columns(&manifest).unwrap();
    assert_eq!(found, ["path", "edema", "hospital, ward", "split"]);
}
