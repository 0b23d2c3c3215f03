use std::fs;

use tfrecord_codec::{Compression, ErrorKind, RecordWriter};

use crate::support::{file, packed, read, shard, short_records, temp_file};

#[test]
fn a_whole_file_goes_on_after_its_last_record() {
    let (_dir, path) = shard(&["one", "two"]);
    let (mut writer, recovered) = RecordWriter::append(&path).expect("whole");
    assert_eq!((recovered.records(), recovered.kept_bytes(), recovered.cut_bytes()), (2, 38, 0));
    assert_eq!((writer.records(), writer.offset()), (2, 38));
    writer.write(b"three").expect("room");
    writer.finish().expect("room");
    assert_eq!(fs::read(&path).expect("there"), file(&["one", "two", "three"]));
}

#[test]
fn wherever_the_writer_was_killed_the_whole_records_stay() {
    let records = short_records();
    let bytes = file(&records);
    for killed_at in 0..=bytes.len() {
        let (_dir, path) = temp_file();
        fs::write(&path, &bytes[..killed_at]).expect("writable");
        let (mut writer, recovered) = RecordWriter::append(&path).expect("only cut short");
        let whole = recovered.records() as usize;
        assert_eq!(recovered.kept_bytes() + recovered.cut_bytes(), killed_at as u64);
        for record in &records[whole..] {
            writer.write(record).expect("room");
        }
        writer.finish().expect("room");
        assert_eq!(fs::read(&path).expect("there"), bytes, "killed at {killed_at}");
    }
}

#[test]
fn a_last_payload_that_never_reached_the_disk_is_cut() {
    let mut bytes = file(&["one", "two"]);
    bytes[31..].fill(0);
    let (_dir, path) = temp_file();
    fs::write(&path, &bytes).expect("writable");
    let (_, recovered) = RecordWriter::append(&path).expect("only the end is damaged");
    assert_eq!((recovered.records(), recovered.cut_bytes()), (1, 19));
}

#[test]
fn damage_before_the_end_is_an_error_and_nothing_is_cut() {
    let mut bytes = file(&["one", "two", "three"]);
    bytes[19] ^= 1;
    let (_dir, path) = temp_file();
    fs::write(&path, &bytes).expect("writable");
    let error = RecordWriter::append(&path).expect_err("damaged");
    assert!(matches!(error.kind(), ErrorKind::LengthChecksum { .. }), "{error}");
    assert_eq!((error.path(), error.record()), (Some(path.as_path()), Some(1)));
    assert_eq!(fs::read(&path).expect("there"), bytes);
}

#[test]
fn a_file_of_another_kind_is_left_alone() {
    let (_dir, path) = temp_file();
    for bytes in [packed(&["one"], Compression::Gzip), b"#!/bin/sh\necho hello\n".to_vec()] {
        fs::write(&path, &bytes).expect("writable");
        RecordWriter::append(&path).expect_err("not ours");
        assert_eq!(fs::read(&path).expect("there"), bytes);
    }
}

#[test]
fn a_missing_file_is_not_made() {
    let (_dir, path) = temp_file();
    assert!(RecordWriter::append(&path).expect_err("missing").is_io());
    assert!(!path.exists());
}

#[test]
fn an_interrupted_short_text_file_is_left_alone() {
    // Shorter than a header: it must not be taken for the start of one.
    let (_dir, path) = temp_file();
    fs::write(&path, b"notes\n").expect("writable");
    let error = RecordWriter::append(&path).expect_err("text");
    assert!(matches!(error.kind(), ErrorKind::NotTfRecord { .. }), "{error}");
    assert_eq!(
        read(b"notes\n").expect_err("text").to_string(),
        error.to_string().split_once(": ").expect("path").1
    );
}
