//! Finding and opening the shards of a folder.

use std::fs;

use resnet_data::{ImageRecords, LabelRange, Source, Split};

use crate::support::{assert_says, good_records, open, shard_path, write_shards};

#[test]
fn shards_are_found_flat_and_in_a_folder_of_their_split() {
    let flat = tempfile::tempdir().unwrap();
    write_shards(flat.path(), "train", 3, &good_records(7));
    write_shards(flat.path(), "validation", 2, &good_records(2));
    assert_eq!(open(flat.path()).unwrap().len(), 7);

    let nested = tempfile::tempdir().unwrap();
    write_shards(&nested.path().join("train"), "train", 3, &good_records(7));
    write_shards(&nested.path().join("validation"), "validation", 2, &good_records(2));
    let train = open(nested.path()).unwrap();
    assert_eq!((train.len(), train.shards()), (7, 3));
    let labels = LabelRange::imagenet(10);
    let validation = ImageRecords::open(nested.path(), Split::Validation, labels).unwrap();
    assert_eq!((validation.len(), validation.shards()), (2, 2));
    assert_says(&train.describe(), &["7 train images in 3 shards"]);
}

#[test]
fn other_files_beside_the_shards_are_ignored() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1, &good_records(3));
    for name in ["README.md", "train-00000-of-00001.idx", "train-of", "train-000-of-00002.tmp"] {
        fs::write(folder.path().join(name), "not a shard").unwrap();
    }
    assert_eq!(open(folder.path()).unwrap().len(), 3);
}

#[test]
fn a_missing_folder_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let missing = folder.path().join("imagenet");
    let error = open(&missing).unwrap_err().to_string();
    assert_says(&error, &[&missing.display().to_string(), "check the path"]);
}

#[test]
fn an_empty_folder_says_what_was_looked_for() {
    let folder = tempfile::tempdir().unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    let path = folder.path().display().to_string();
    assert_says(&error, &[&path, "train-00000-of-NNNNN", "found an empty folder"]);
}

#[test]
fn a_folder_of_something_else_says_what_is_there() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["n01440764.tar", "n01443537.tar", "a", "b", "c", "d", "e"] {
        fs::write(folder.path().join(name), "").unwrap();
    }
    fs::create_dir(folder.path().join("train")).unwrap();
    fs::write(folder.path().join("train/cat.JPEG"), "").unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert_says(&error, &["found a, b, c, d, e and 3 more"]);
}

#[test]
fn an_incomplete_set_names_the_first_missing_shard() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 4, &good_records(8));
    for shard in [1, 3] {
        fs::remove_file(shard_path(folder.path(), "train", shard, 4)).unwrap();
    }
    let error = open(folder.path()).unwrap_err().to_string();
    assert_says(
        &error,
        &["2 of 4 shards are missing", "train-00001-of-00004", "copy the whole set"],
    );
}

#[test]
fn two_sets_in_one_folder_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1, &good_records(2));
    write_shards(folder.path(), "train", 2, &good_records(2));
    let error = open(folder.path()).unwrap_err().to_string();
    assert_says(&error, &["train-00000-of-00001", "train-00000-of-00002", "remove one"]);
}

#[test]
fn the_same_set_flat_and_nested_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(2));
    write_shards(&folder.path().join("train"), "train", 2, &good_records(2));
    assert_says(&open(folder.path()).unwrap_err().to_string(), &["not of one set"]);
}

#[test]
fn shards_without_records_are_an_empty_set() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &[]);
    let error = open(folder.path()).unwrap_err().to_string();
    assert_says(&error, &["there is no image", &folder.path().display().to_string()]);
}

/// ImageNet has 1024 shards, and many systems allow 1024 open files.
#[test]
fn more_shards_than_may_be_open_are_read_in_any_order() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1100, &vec![good_records(1).remove(0); 1100]);
    let source = open(folder.path()).unwrap();
    let mut record = Vec::new();
    for index in (0..1100).rev().chain([1099, 0, 550]) {
        assert_eq!(source.read(index, &mut record).unwrap().label, 0);
    }
    let open_files = fs::read_dir("/proc/self/fd").map_or(0, Iterator::count);
    assert!(open_files < 1000, "{open_files} files are open");
}
