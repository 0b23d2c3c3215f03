use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use flate2::{Compression, write::GzEncoder};
use tfrecord_codec::{Example, IndexedFile};

use super::{SampleArgs, run};

/// Forty images of 8x8 pixels whose level tells their index, four of each class.
fn originals(folder: &Path, prefix: &str) {
    let mut images: Vec<u8> = [2051u32, 40, 8, 8].iter().flat_map(|n| n.to_be_bytes()).collect();
    images.extend((0..40u8).flat_map(|n| [n * 6; 64]));
    let mut labels: Vec<u8> = [2049u32, 40].iter().flat_map(|n| n.to_be_bytes()).collect();
    labels.extend((0..40u8).map(|n| n % 10));
    gzip(&super::idx::images_path(folder, prefix), &images);
    gzip(&super::idx::labels_path(folder, prefix), &labels);
}

fn gzip(path: &Path, bytes: &[u8]) {
    let mut encoder = GzEncoder::new(File::create(path).unwrap(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap();
}

fn make(root: &Path, out: &str, train_per_class: usize) -> anyhow::Result<()> {
    let (from, out) = (root.to_path_buf(), root.join(out));
    run(&SampleArgs { from, out, train_per_class, validation_per_class: 2 })
}

fn contents(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap());
    entries
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .collect()
}

fn with_originals() -> tempfile::TempDir {
    let root = tempfile::tempdir().unwrap();
    originals(root.path(), "train");
    originals(root.path(), "t10k");
    root
}

#[test]
fn two_runs_write_the_same_bytes() {
    let root = with_originals();
    make(root.path(), "a", 3).unwrap();
    make(root.path(), "b", 3).unwrap();
    let first = contents(&root.path().join("a"));
    assert_eq!(first, contents(&root.path().join("b")));
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    let shards = ["train-00000-of-00004", "train-00003-of-00004", "validation-00001-of-00002"];
    for name in shards.iter().chain(&["LICENSE", "README.md", "classes.json"]) {
        assert!(names.contains(name), "{name} is missing in {names:?}");
    }
}

#[test]
fn classes_are_balanced_and_records_carry_the_imagenet_keys() {
    let root = with_originals();
    make(root.path(), "out", 3).unwrap();
    let mut counts = BTreeMap::new();
    let mut record = Vec::new();
    for shard in 0..4 {
        let path = root.path().join(format!("out/train-{shard:05}-of-00004"));
        let file = IndexedFile::open(&path).unwrap();
        for index in 0..file.len() {
            file.read_record(index, &mut record).unwrap();
            let example = Example::parse(&record).unwrap();
            let label = example.int64("image/class/label").unwrap();
            *counts.entry(label).or_insert(0) += 1;
            let id = super::CLASSES[usize::try_from(label - 1).unwrap()].0;
            assert_eq!(example.bytes("image/class/synset").unwrap(), id.as_bytes());
            assert_eq!(example.int64("image/height").unwrap(), 8);
            assert_eq!(example.int64("image/width").unwrap(), 8);
            assert_eq!(example.int64("image/channels").unwrap(), 3);
            assert_eq!(example.bytes("image/colorspace").unwrap(), b"RGB");
            assert_eq!(example.bytes("image/format").unwrap(), b"JPEG");
            assert!(example.bytes("image/encoded").unwrap().starts_with(&[0xff, 0xd8]));
        }
    }
    assert_eq!(counts, (1..=10).map(|label| (label, 3)).collect());
}

#[test]
fn too_few_images_of_a_class_are_an_error_that_names_it() {
    let root = with_originals();
    let error = make(root.path(), "out", 5).unwrap_err().to_string();
    assert!(error.contains("0-tshirt-top has 4 images, 5 are wanted"), "{error}");
}

#[test]
fn a_missing_original_is_named() {
    let root = tempfile::tempdir().unwrap();
    let error = format!("{:#}", make(root.path(), "out", 1).unwrap_err());
    assert!(error.contains("train-images-idx3-ubyte.gz"), "{error}");
}
