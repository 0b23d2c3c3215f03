//! Files that TensorFlow wrote (`golden/generate.py`) are read bit for bit.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tfrecord_codec::{Example, ExampleBuilder, ReaderOptions, RecordReader, SequenceExample};

use crate::{describe, support};

fn data() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/data")
}

fn manifest() -> Vec<Value> {
    let text = fs::read_to_string(data().join("manifest.json")).expect("it is committed");
    let mut manifest: Value = serde_json::from_str(&text).expect("it is JSON");
    match manifest["files"].take() {
        Value::Array(files) => files,
        other => panic!("a list of files, not {other}"),
    }
}

fn text(value: &Value) -> &str {
    value.as_str().expect("a string")
}

#[test]
fn every_golden_file_reads_as_tensorflow_reads_it() {
    for wanted in manifest() {
        let path = data().join(text(&wanted["file"]));
        assert_eq!(describe::file(&path, wanted["content"].as_str()), wanted);
    }
}

#[test]
fn an_explicit_compression_reads_like_a_detected_one() {
    for wanted in manifest() {
        let path = data().join(text(&wanted["file"]));
        let compression = describe::compression(text(&wanted["compression"]));
        let mut reader = ReaderOptions::new().compression(compression).open(path).expect("opens");
        let lengths: Vec<_> = reader.records().map(|r| r.expect("whole").len()).collect();
        let records = wanted["records"].as_array().expect("a list");
        assert_eq!(
            lengths,
            records
                .iter()
                .map(|r| r["len"].as_u64().expect("a length") as usize)
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn the_builder_makes_the_bytes_of_tensorflows_deterministic_serialization() {
    let mut reader = RecordReader::open(data().join("examples.none.tfrecord")).expect("opens");
    let mut rebuilt = 0;
    for record in reader.records() {
        let record = record.expect("whole");
        let example = Example::parse(&record).expect("an example");
        let values = support::OwnedValues::of(&example);
        // A feature without a list cannot be built: no reader tells it from a missing one.
        if values.len() == example.keys().count() {
            assert_eq!(values.add_to(ExampleBuilder::new()).build(), record);
            rebuilt += 1;
        }
    }
    assert!(rebuilt >= 12, "only {rebuilt} records were compared");
}

#[test]
fn garbage_around_golden_messages_is_an_error_or_the_same_message() {
    let mut reader = RecordReader::open(data().join("sequences.none.tfrecord")).expect("opens");
    let record = reader.records().next().expect("one").expect("whole");
    for cut in 1..record.len() {
        // No panic is the point; a message cut between fields is a message.
        drop(SequenceExample::parse(&record[..cut]));
        drop(SequenceExample::parse(&record[cut..]));
    }
}
