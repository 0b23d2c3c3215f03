//! What writes files: `index`, `cat`, `convert` and `repair`.

use std::fs;
use std::path::Path;

use resnet::records::{Compression, RecordIndex, WriterOptions};
use serde_json::json;

use super::{
    THREE, answers, bytes, complaint, damaged, file, folder, names, offsets, packed, read, text,
    tfrecord,
};
use crate::support::{stderr, stdout, unheard};

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
