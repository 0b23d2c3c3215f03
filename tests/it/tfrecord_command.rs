//! The program `tfrecord` as a person or a script runs it.

mod reading;
mod writing;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use resnet::records::{Compression, RecordReader, RecordWriter, WriterOptions, frame};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{example, stderr, stdout};

/// Payloads of most files here; their frames start at 0, 19 and 38 and end at 59.
const THREE: [&[u8]; 3] = [b"one", b"two", b"three"];

fn tfrecord(arguments: &[&str]) -> Output {
    example("tfrecord", arguments)
}

/// The answers of a run with `--json` that succeeded.
fn answers(arguments: &[&str]) -> Vec<Value> {
    let output = tfrecord(&[&["--json"], arguments].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    json_lines(&output)
}

fn json_lines(output: &Output) -> Vec<Value> {
    let parse = |line: &str| serde_json::from_str(line).expect("a JSON object on each line");
    stdout(output).lines().map(parse).collect()
}

/// Asserts that a run failed without having been called wrongly, and returns its complaint.
fn complaint(arguments: &[&str]) -> String {
    let output = tfrecord(arguments);
    assert_eq!(output.status.code(), Some(1), "{arguments:?}: {}", stdout(&output));
    stderr(&output)
}

fn folder() -> TempDir {
    tempdir().expect("a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn bytes(records: &[&[u8]]) -> Vec<u8> {
    let mut writer = RecordWriter::new(Vec::new());
    records.iter().for_each(|record| writer.write(record).expect("memory takes it"));
    writer.finish().expect("memory takes it")
}

fn packed(compression: Compression, records: &[&[u8]]) -> Vec<u8> {
    let options = WriterOptions::new().compression(compression);
    let mut writer = options.write_to(Vec::new()).expect("compression is built in");
    records.iter().for_each(|record| writer.write(record).expect("memory takes it"));
    writer.finish().expect("memory takes it")
}

fn file(dir: &TempDir, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    fs::write(&path, content).expect("the file is written");
    path
}

fn read(path: &Path) -> Vec<Vec<u8>> {
    let mut reader = RecordReader::open(path).expect("the file opens");
    reader.records().collect::<Result<_, _>>().expect("every record is whole")
}

/// The names in a folder, sorted.
fn names(dir: &TempDir) -> Vec<String> {
    let entries = fs::read_dir(dir.path()).expect("the folder is there");
    let name = |entry: std::io::Result<fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<_> =
        entries.map(|entry| name(entry).to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The offsets that an answer gives its damaged places.
fn offsets(places: &Value) -> Vec<u64> {
    let places = places.as_array().expect("a list");
    places.iter().map(|place| place["offset"].as_u64().expect("a number")).collect()
}

/// Three records with a flipped bit in the payload of the first and in the length of the second,
/// and the start of a fourth.
fn damaged() -> Vec<u8> {
    let mut content = bytes(&THREE);
    content[12] ^= 1;
    content[19] ^= 1;
    content.extend_from_slice(&frame::header(100));
    content
}

#[test]
fn a_wrong_call_is_told_from_damage() {
    for arguments in [&[][..], &["mend", "shard"], &["info"], &["cat", "shard"]] {
        assert_eq!(tfrecord(arguments).status.code(), Some(2), "{arguments:?}");
    }
    let help = stdout(&tfrecord(&["--help"]));
    for command in ["info", "head", "verify", "index", "cat", "convert", "repair", "--json"] {
        assert!(help.contains(command), "{command} is not in --help");
    }
}
