//! Against TensorFlow: it reads our shards, and we read those that it writes.
//!
//! The interpreter is named by `RESNET_PYTHON` and must have TensorFlow; without it the tests say
//! that they did nothing.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use resnet_data::{ImageRecords, LabelRange, Picture, Source, Split};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::prepare_support::{FakeImageNet, Prepared, options, prepared, records, run, write};

/// Runs `peers/parse_imagenet.py`; its output, or `None` without an interpreter.
fn tensorflow(arguments: &[&Path], mode: &str) -> Option<String> {
    let Some(python) = std::env::var_os("RESNET_PYTHON") else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter with TensorFlow");
        return None;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/parse_imagenet.py");
    let output = Command::new(python).arg(script).arg(mode).args(arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    Some(String::from_utf8(output.stdout).unwrap())
}

fn reference() -> Prepared {
    prepared(|raw| FakeImageNet::new().write_reference(raw), &options())
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn tensorflow_parses_our_shards_with_the_references_specification() {
    let made = reference();
    let Some(lines) = tensorflow(&[made.out.path()], "parse") else { return };
    let parsed: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let ours = records(made.out.path(), "");
    assert_eq!(parsed.len(), ours.len());
    for (theirs, ours) in parsed.iter().zip(&ours) {
        assert_eq!(theirs["filename"], ours.filename.as_str());
        assert_eq!(theirs["label"], ours.label);
        assert_eq!(theirs["synset"], ours.synset.as_str());
        assert_eq!(theirs["sha256"], sha256(&ours.jpeg).as_str());
    }
}

/// File name, class and (unless it was re-encoded) sum of each image that the loader's source has.
fn images(folder: &Path, split: Split) -> BTreeSet<(String, u32, String)> {
    let source = ImageRecords::open(folder, split, LabelRange::imagenet(3)).unwrap();
    let mut record = Vec::new();
    let image = |index| {
        let sample = source.read(index, &mut record).unwrap();
        let name = String::from_utf8(record[sample.filename].to_vec()).unwrap();
        let Picture::Encoded(jpeg) = sample.picture else { panic!("{name} is not encoded") };
        // Two encoders make two files of the PNG.
        let sum = if name == "n02119789_8.JPEG" { String::new() } else { sha256(&record[jpeg]) };
        (name, sample.label, sum)
    };
    (0..source.len()).map(image).collect()
}

#[test]
fn our_reader_finds_the_same_images_in_shards_that_tensorflow_wrote() {
    let raw = tempfile::tempdir().unwrap();
    FakeImageNet::new().write_reference(raw.path());
    // TensorFlow's CMYK to RGB is not what is compared here.
    let cmyk: PathBuf = raw.path().join("train/n03000684/n03000684_15.JPEG");
    write(&cmyk, &crate::prepare_support::photograph(20, 30, 40));
    let (theirs, ours) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    if tensorflow(&[raw.path(), theirs.path()], "write").is_none() {
        return;
    }
    run(raw.path(), ours.path(), &options()).unwrap();
    for (split, count) in [(Split::Train, 15), (Split::Validation, 6)] {
        let found = images(ours.path(), split);
        assert_eq!(found.len(), count);
        assert_eq!(found, images(theirs.path(), split));
    }
}
