use std::fs;
use std::thread;

use tfrecord_codec::{ErrorKind, IndexedFile, Limits, RecordIndex};

use crate::support::{file, shard, short_records};

#[test]
fn records_come_in_any_order() {
    let records = short_records();
    let (_dir, path) = shard(&records);
    let file = IndexedFile::open(&path).expect("whole");
    assert_eq!((file.len(), file.path()), (records.len(), path.as_path()));
    let mut record = vec![1; 1000];
    for n in [3, 0, 1, 2, 2] {
        file.read_record(n, &mut record).expect("whole");
        assert_eq!(record, records[n]);
    }
}

#[test]
fn many_threads_read_through_one_reference() {
    let records: Vec<_> = (0..200_u32).map(|n| n.to_le_bytes().repeat(n as usize)).collect();
    let (_dir, path) = shard(&records);
    let file = IndexedFile::open(&path).expect("whole");
    thread::scope(|scope| {
        for start in 0..8 {
            let (file, records) = (&file, &records);
            scope.spawn(move || {
                let mut record = Vec::new();
                for n in (start..records.len()).step_by(3) {
                    file.read_record(n, &mut record).expect("whole");
                    assert_eq!(record, records[n]);
                }
            });
        }
    });
}

#[test]
fn a_record_that_is_not_there_is_an_error() {
    let (_dir, path) = shard(&["one"]);
    let error = IndexedFile::open(&path).expect("whole").read_record(1, &mut Vec::new());
    let error = error.expect_err("not there");
    assert!(matches!(error.kind(), ErrorKind::NoSuchRecord { wanted: 1, len: 1 }), "{error}");
}

#[test]
fn damage_is_found_when_its_record_is_read() {
    let (_dir, path) = shard(&["one", "two", "three"]);
    let mut bytes = fs::read(&path).expect("there");
    bytes[31] ^= 1;
    fs::write(&path, &bytes).expect("writable");
    let file = IndexedFile::open(&path).expect("the lengths are right");
    let mut record = Vec::new();
    file.read_record(2, &mut record).expect("whole");
    let error = file.read_record(1, &mut record).expect_err("damaged");
    assert!(matches!(error.kind(), ErrorKind::PayloadChecksum { .. }), "{error}");
    assert_eq!((error.record(), error.offset()), (Some(1), Some(19)));
    assert_eq!(error.path(), Some(path.as_path()));
}

#[test]
fn a_fresh_index_beside_the_file_is_used() {
    let (_dir, path) = shard(&["one", "two"]);
    RecordIndex::build(&path).expect("whole").save(RecordIndex::path_for(&path)).expect("writable");
    let file = IndexedFile::open(&path).expect("whole");
    assert_eq!(file.index(), &RecordIndex::build(&path).expect("whole"));
}

#[test]
fn a_stale_or_broken_index_beside_the_file_is_not_used() {
    let (_dir, path) = shard(&["one", "two"]);
    let beside = RecordIndex::path_for(&path);
    RecordIndex::build(&path).expect("whole").save(&beside).expect("writable");
    fs::write(&path, file(&["only", "three", "now"])).expect("writable");
    assert_eq!(IndexedFile::open(&path).expect("whole").len(), 3);
    fs::write(&beside, b"0 19\n19 19\n").expect("writable");
    assert_eq!(IndexedFile::open(&path).expect("whole").len(), 3);
}

#[test]
fn the_limit_on_records_holds_with_and_without_an_index_beside_the_file() {
    let (_dir, path) = shard(&["one", "three"]);
    let limits = Limits::default().max_record_len(4);
    let without = IndexedFile::open_with(&path, limits).expect_err("too long");
    RecordIndex::build(&path).expect("whole").save(RecordIndex::path_for(&path)).expect("writable");
    let with = IndexedFile::open_with(&path, limits).expect_err("too long");
    assert!(matches!(with.kind(), ErrorKind::RecordTooLong { length: 5, limit: 4 }), "{with}");
    assert_eq!(with.to_string(), without.to_string());
    assert_eq!(IndexedFile::open(&path).expect("short enough").len(), 2);
}

#[test]
fn an_index_of_another_file_is_refused() {
    let (_dir, path) = shard(&["one", "two"]);
    let (_other_dir, other) = shard(&["another"]);
    let index = RecordIndex::build(&other).expect("whole");
    let error = IndexedFile::with_index(&path, index).expect_err("another file's");
    assert!(matches!(error.kind(), ErrorKind::IndexStale(_)), "{error}");
}

#[test]
fn a_file_that_changes_while_it_is_open_is_an_error_not_garbage() {
    let (_dir, path) = shard(&["a record of some length", "another"]);
    let file = IndexedFile::open(&path).expect("whole");
    let mut record = Vec::new();
    fs::write(&path, self::file(&["short", "another", "x"])).expect("writable");
    let error = file.read_record(0, &mut record).expect_err("another length");
    assert!(matches!(error.kind(), ErrorKind::IndexStale(_)), "{error}");
    fs::write(&path, b"").expect("writable");
    let error = file.read_record(0, &mut record).expect_err("cut");
    assert_eq!((error.record(), error.offset()), (Some(0), Some(0)));
}
