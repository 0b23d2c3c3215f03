//! What looks into files: `info`, `head` and `verify`.

use std::fs;

use resnet::records::{Compression, ExampleBuilder};
use serde_json::{Value, json};

use super::{
    THREE, answers, bytes, complaint, damaged, file, folder, json_lines, offsets, packed, text,
    tfrecord,
};
use crate::support::{sample, stderr, stdout};

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
