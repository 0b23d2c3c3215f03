//! The program `tfrecord` as a person or a script runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use resnet::records::{
    Compression, ExampleBuilder, RecordIndex, RecordReader, RecordWriter, WriterOptions, frame,
};
use serde_json::{Value, json};
use tempfile::{TempDir, tempdir};

use crate::support::{example, sample, stderr, stdout, unheard};

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
fn info_tells_what_kind_of_file_it_is() {
    let dir = folder();
    let record = ExampleBuilder::new().bytes("name", b"cat").int64("label", 7).build();
    let path = file(&dir, "shard", &packed(Compression::Gzip, &[&record, b""]));

    let answer = &answers(&["info", text(&path)])[0];
    assert_eq!(answer["file"], text(&path));
    assert_eq!(answer["compression"], "gzip");
    assert_eq!(answer["records"], 2);
    assert_eq!(answer["bytes"], fs::metadata(&path).expect("it is there").len());
    assert_eq!(answer["lengths"]["min"], 0);
    assert_eq!(answer["lengths"]["max"], record.len());
    assert_eq!(answer["first"]["label"], json!({ "kind": "int64_list", "values": [7] }));

    let said = stdout(&tfrecord(&["info", text(&path)]));
    assert!(said.contains("2 records") && said.contains("compression gzip"), "{said}");
    assert!(said.contains("label  int64_list  7"), "{said}");
}

#[test]
fn info_of_the_bundled_sample_and_of_an_empty_file() {
    let dir = folder();
    let (shard, empty) = (sample().join("train-00000-of-00004"), file(&dir, "empty", b""));
    let answers = answers(&["info", text(&shard), text(&empty)]);
    assert_eq!((&answers[0]["records"], &answers[1]["records"]), (&json!(640), &json!(0)));
    assert_eq!(answers[0]["first"]["image/encoded"]["kind"], "bytes_list");
    assert_eq!((&answers[1]["lengths"], &answers[1]["first"]), (&Value::Null, &Value::Null));
}

#[test]
fn info_of_a_damaged_file_fails_and_names_the_place() {
    let dir = folder();
    let bad = file(&dir, "bad", &damaged());
    let said = complaint(&["info", text(&bad)]);
    assert!(said.contains("bad: record 0 at byte 0: payload checksum"), "{said}");
}

#[test]
fn head_shows_the_first_records_with_their_places() {
    let dir = folder();
    let path = file(&dir, "shard", &bytes(&THREE));
    let answers = answers(&["head", "-n", "2", text(&path)]);
    let places = answers.iter().map(|answer| (&answer["record"], &answer["offset"]));
    let wanted = [(json!(0), json!(0)), (json!(1), json!(19))];
    assert!(places.eq(wanted.iter().map(|(record, offset)| (record, offset))), "{answers:?}");

    let said = stdout(&tfrecord(&["head", text(&path)]));
    assert!(said.contains("record 2 at byte 38, 5 bytes"), "{said}");
    assert!(said.contains("no tf.train.Example: \"three\""), "{said}");
}

#[test]
fn head_shows_what_comes_before_damage_and_fails() {
    let dir = folder();
    let mut content = bytes(&THREE);
    content[19 + 12] ^= 1;
    let path = file(&dir, "shard", &content);
    let output = tfrecord(&["head", text(&path)]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("record 0 at byte 0"));
    assert!(stderr(&output).contains("record 1 at byte 19: payload checksum"));
}

#[test]
fn verify_of_whole_files_succeeds() {
    let dir = folder();
    let plain = file(&dir, "plain", &bytes(&THREE));
    let zlib = file(&dir, "zlib", &packed(Compression::Zlib, &THREE));
    for answer in answers(&["verify", text(&plain), text(&zlib)]) {
        assert_eq!((&answer["records"], &answer["damage"]), (&json!(3), &json!([])));
    }
}

#[test]
fn verify_names_every_bad_record_by_offset_and_fails() {
    let dir = folder();
    let bad = file(&dir, "bad", &damaged());
    let whole = file(&dir, "whole", &bytes(&THREE));

    let output = tfrecord(&["verify", "--json", text(&bad), text(&whole)]);
    assert_eq!(output.status.code(), Some(1));
    let answers = json_lines(&output);
    assert_eq!(answers[0]["records"], 1);
    assert_eq!(offsets(&answers[0]["damage"]), [0, 19, 59]);
    assert_eq!(answers[1]["damage"], json!([]), "files after a damaged one are verified too");

    let said = stdout(&tfrecord(&["verify", text(&bad)]));
    assert!(said.contains("1 whole records; damaged places: 3"), "{said}");
    for place in ["at byte 0: payload", "at byte 19: length", "at byte 59: the file ends"] {
        assert!(said.contains(place), "{place:?} is not in {said}");
    }
}

#[test]
fn verify_fails_on_what_is_no_tfrecord_file_at_all() {
    let dir = folder();
    let png = file(&dir, "png", b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR and so on");
    let cut = file(&dir, "cut", &packed(Compression::Gzip, &THREE)[..20]);
    for (path, problem) in [(&png, "a PNG image"), (&cut, "gzip stream")] {
        let output = tfrecord(&["verify", text(path)]);
        assert_eq!(output.status.code(), Some(1));
        assert!(stdout(&output).contains(problem), "{}", stdout(&output));
    }
}

#[test]
fn verify_goes_on_after_a_file_that_cannot_be_read() {
    let dir = folder();
    let (missing, whole) = (dir.path().join("missing"), file(&dir, "whole", &bytes(&THREE)));
    let output = tfrecord(&["verify", "--json", text(&missing), text(&whole)]);
    assert_eq!(output.status.code(), Some(1));
    let answers = json_lines(&output);
    assert!(answers[0]["unreadable"].as_str().is_some_and(|error| error.contains("missing")));
    assert_eq!((&answers[1]["records"], &answers[1]["unreadable"]), (&json!(3), &Value::Null));
}

#[test]
fn index_writes_beside_the_file_and_replaces_only_when_told() {
    let dir = folder();
    let path = file(&dir, "shard", &bytes(&THREE));
    let beside = RecordIndex::path_for(&path);
    assert_eq!(answers(&["index", text(&path)])[0]["state"], "written");
    let index = RecordIndex::load(&beside).expect("it is whole");
    assert_eq!(index, RecordIndex::build(&path).expect("the file is whole"));
    assert_eq!(answers(&["index", text(&path)])[0]["state"], "is fresh");

    fs::write(&path, bytes(&THREE[..2])).expect("the file is written");
    assert!(complaint(&["index", text(&path)]).contains("stale"));
    assert_eq!(RecordIndex::load(&beside).expect("it is whole"), index, "it was left alone");
    assert_eq!(answers(&["index", "--replace", text(&path)])[0]["records"], 2);
    assert_eq!(names(&dir), ["shard", "shard.idx"]);
}

#[test]
fn index_of_a_damaged_or_compressed_file_fails_and_writes_nothing() {
    let dir = folder();
    let bad = file(&dir, "bad", &damaged());
    let gzip = file(&dir, "gzip", &packed(Compression::Gzip, &THREE));
    assert!(complaint(&["index", text(&bad)]).contains("at byte 19"));
    assert!(complaint(&["index", text(&gzip)]).contains("gzip-compressed"));
    assert_eq!(names(&dir), ["bad", "gzip"]);
}

#[test]
fn cat_joins_files_whatever_their_compression() {
    let dir = folder();
    let plain = file(&dir, "plain", &bytes(&THREE[..1]));
    let zlib = file(&dir, "zlib", &packed(Compression::Zlib, &THREE[1..]));
    let joined = dir.path().join("joined");
    let to = ["--to", "gzip", "--level", "9", "--output", text(&joined)];
    let answers = answers(&[&["cat", text(&plain), text(&zlib)], &to[..]].concat());
    assert_eq!(answers, [json!({ "output": text(&joined), "records": 3 })]);
    assert_eq!(read(&joined), THREE);
    assert!(fs::read(&joined).expect("it is there").starts_with(b"\x1f\x8b"));
}

#[test]
fn cat_overwrites_nothing_and_leaves_nothing_half_written() {
    let dir = folder();
    let whole = file(&dir, "whole", &bytes(&THREE));
    let bad = file(&dir, "bad", &damaged());
    let there = file(&dir, "there", b"precious");

    assert!(complaint(&["cat", text(&whole), "-o", text(&there)]).contains("exists"));
    assert_eq!(fs::read(&there).expect("it is there"), b"precious");
    let new = dir.path().join("new");
    let said = complaint(&["cat", text(&whole), text(&bad), "-o", text(&new)]);
    assert!(said.contains("record 0 at byte 0: payload checksum"), "{said}");
    assert_eq!(names(&dir), ["bad", "there", "whole"]);
}

#[test]
fn convert_changes_the_compression_and_no_record() {
    let dir = folder();
    let plain = file(&dir, "shard", &bytes(&THREE));
    let (gzip, zlib, back) = (dir.path().join("g"), dir.path().join("z"), dir.path().join("p"));
    let convert = |from: &Path, to: &str, into: &Path| {
        answers(&["convert", text(from), "--to", to, "--output-dir", text(into)])
    };
    convert(&plain, "gzip", &gzip);
    convert(&gzip.join("shard"), "zlib", &zlib);
    convert(&zlib.join("shard"), "none", &back);
    for (folder, compression) in [(&gzip, "gzip"), (&zlib, "zlib"), (&back, "none")] {
        let converted = folder.join("shard");
        assert_eq!(answers(&["info", text(&converted)])[0]["compression"], compression);
        assert_eq!(read(&converted), THREE);
    }
    let content = |path: &Path| fs::read(path).expect("it is there");
    assert_eq!(content(&back.join("shard")), content(&plain));
}

#[test]
fn convert_gives_names_with_the_ending_of_what_they_hold() {
    let dir = folder();
    let packed = file(&dir, "shard.1.gz", &packed(Compression::Gzip, &THREE));
    let into = |name: &str| dir.path().join(name);
    for (from, to, name) in [
        (packed.clone(), "none", "shard.1"),
        (packed, "zlib", "shard.1.zlib"),
        (into("zlib/shard.1.zlib"), "gzip", "shard.1.gz"),
        (into("none/shard.1"), "zlib", "shard.1"),
    ] {
        let folder = if from.starts_with(into("none")) { into("again") } else { into(to) };
        let flags = ["--to", to, "--output-dir", text(&folder)];
        let said = answers(&[&["convert", text(&from)], &flags[..]].concat());
        let written = folder.join(name);
        assert_eq!(said[0]["output"], text(&written));
        assert_eq!(answers(&["info", text(&written)])[0]["compression"], to);
    }
}

#[test]
fn work_goes_on_when_nobody_reads_what_is_said() {
    let dir = folder();
    let names: Vec<String> = (0..3).map(|n| format!("shard-{n}")).collect();
    for name in &names {
        file(&dir, name, &bytes(&THREE));
    }
    let (pattern, into) = (dir.path().join("shard-*"), dir.path().join("new"));
    let run = |arguments: &[&str]| unheard("tfrecord", arguments);
    let output = run(&["convert", text(&pattern), "--to", "gzip", "-d", text(&into)]);
    assert!(output.status.success(), "{}", stderr(&output));
    for name in &names {
        assert_eq!(read(&into.join(name)), THREE);
    }
    assert!(run(&["index", text(&pattern)]).status.success());
    assert_eq!(fs::read_dir(dir.path()).expect("a folder").count(), 7, "3 files, 3 indexes, new");
    // Where nothing is left to do, it ends without a word.
    let output = run(&["head", text(&pattern)]);
    assert!(output.status.success() && output.stderr.is_empty(), "{}", stderr(&output));
    // What is wrong is told by the status all the same.
    file(&dir, "shard-0", &damaged());
    assert_eq!(run(&["verify", text(&pattern)]).status.code(), Some(1));
}

#[test]
fn convert_overwrites_nothing_not_even_its_input() {
    let dir = folder();
    let path = file(&dir, "shard", &bytes(&THREE));
    let into = ["--to", "gzip", "--output-dir", text(dir.path())];
    let said = complaint(&[&["convert", text(&path)], &into[..]].concat());
    assert!(said.contains("nothing is overwritten"), "{said}");
    assert_eq!(fs::read(&path).expect("it is there"), bytes(&THREE));
    assert_eq!(names(&dir), ["shard"]);
}

#[test]
fn repair_copies_what_is_whole_and_reports_the_loss() {
    let dir = folder();
    let (bad, good) = (file(&dir, "bad", &damaged()), dir.path().join("good"));
    let answer = &answers(&["repair", text(&bad), "--output", text(&good)])[0];
    assert_eq!(answer["records"], 1);
    assert_eq!(offsets(&answer["lost"]), [0, 19, 59]);
    assert_eq!(read(&good), [b"three"]);
    assert!(tfrecord(&["verify", text(&good)]).status.success());
    assert_eq!(fs::read(&bad).expect("it is there"), damaged(), "the damaged file is left alone");

    let again = dir.path().join("again");
    let said = stdout(&tfrecord(&["repair", text(&bad), "-o", text(&again)]));
    assert!(said.contains("1 whole records copied"), "{said}");
    assert!(said.contains("50 bytes lost; damaged places: 3"), "{said}");
    assert!(said.contains("at byte 19: length checksum"), "{said}");
}

#[test]
fn repair_of_a_cut_compressed_file_keeps_what_can_be_unpacked() {
    let dir = folder();
    // Level 0 stores, so that what is cut off is what comes last.
    let options = WriterOptions::new().compression(Compression::Gzip).level(0);
    let mut writer = options.write_to(Vec::new()).expect("compression is built in");
    for n in 0..100_u8 {
        writer.write(&[n; 10_000]).expect("memory takes it");
    }
    let content = writer.finish().expect("memory takes it");
    let bad = file(&dir, "bad", &content[..content.len() / 2]);
    let good = dir.path().join("good");
    let answer = &answers(&["repair", text(&bad), "-o", text(&good)])[0];
    let records = read(&good);
    assert_eq!(answer["records"], records.len());
    assert!((40..=50).contains(&records.len()), "{} of about 50", records.len());
    assert!(records.iter().zip(0..).all(|(record, n)| *record == [n; 10_000]));
    assert_eq!(answer["lost"].as_array().map(Vec::len), Some(1));
}

#[test]
fn repair_overwrites_neither_another_file_nor_its_input() {
    let dir = folder();
    let (bad, there) = (file(&dir, "bad", &damaged()), file(&dir, "there", b"precious"));
    for output in [&there, &bad] {
        let said = complaint(&["repair", text(&bad), "-o", text(output)]);
        assert!(said.contains("nothing is overwritten"), "{said}");
    }
    assert_eq!(fs::read(&there).expect("it is there"), b"precious");
    assert_eq!(fs::read(&bad).expect("it is there"), damaged());
    assert_eq!(names(&dir), ["bad", "there"]);
}

#[test]
fn patterns_stand_for_their_files_in_order_without_indexes() {
    let dir = folder();
    for (name, records) in [("train-1", 2), ("train-0", 1), ("validation-0", 3)] {
        file(&dir, name, &bytes(&THREE[..records]));
    }
    let pattern = |pattern: &str| dir.path().join(pattern);
    assert_eq!(answers(&["index", text(&pattern("train-*"))]).len(), 2);
    let counts = |name: &str| -> Vec<_> {
        let answers = answers(&["info", text(&pattern(name))]);
        answers.iter().map(|answer| answer["records"].clone()).collect()
    };
    assert_eq!(counts("train-*"), [1, 2]);
    assert_eq!(counts("*-[01]"), [1, 2, 3]);
    assert_eq!(counts("train-?"), [1, 2]);
    let none = pattern("test-*");
    assert!(complaint(&["info", text(&none)]).contains("no file matches"));
}

#[test]
fn a_file_whose_name_looks_like_a_pattern_is_meant_itself() {
    let dir = folder();
    let path = file(&dir, "shard[1]", &bytes(&THREE));
    file(&dir, "shard1", b"");
    assert_eq!(answers(&["info", text(&path)])[0]["records"], 3);
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
