use std::fs::{self, File};
use std::time::{Duration, SystemTime};

use tfrecord_codec::{Compression, ErrorKind, Limits, RecordIndex, RecordSpan};

use crate::support::{file, packed, shard, short_records, temp_file};

#[test]
fn spans_are_where_the_records_are() {
    let records = short_records();
    let (_dir, path) = shard(&records);
    let index = RecordIndex::build(&path).expect("whole");
    assert_eq!(index.len(), records.len());
    let bytes = fs::read(&path).expect("there");
    for (span, record) in index.spans().zip(&records) {
        let payload = span.payload_offset() as usize..(span.end() - 4) as usize;
        assert_eq!(&bytes[payload], record);
    }
    assert_eq!(index.get(records.len()), None);
}

#[test]
fn short_and_long_records_take_turns() {
    // Across the window in which headers are read.
    let records: Vec<_> =
        (0..500).map(|n| vec![n as u8; if n % 7 == 0 { 9000 } else { n }]).collect();
    let (_dir, path) = shard(&records);
    let index = RecordIndex::build(&path).expect("whole");
    let lengths: Vec<_> = index.spans().map(|span| span.length as usize).collect();
    assert_eq!(lengths, records.iter().map(Vec::len).collect::<Vec<_>>());
}

#[test]
fn an_empty_file_has_an_empty_index() {
    let (_dir, path) = shard::<&[u8]>(&[]);
    let index = RecordIndex::build(&path).expect("whole");
    assert!(index.is_empty());
    index.verify(&path).expect("fresh");
}

#[test]
fn a_saved_index_loads_the_same() {
    let (_dir, path) = shard(&short_records());
    let index = RecordIndex::build(&path).expect("whole");
    let beside = RecordIndex::path_for(&path);
    index.save(&beside).expect("writable");
    index.save(&beside).expect("it may be replaced");
    assert_eq!(RecordIndex::load(&beside).expect("whole"), index);
    assert_eq!(fs::read_dir(path.parent().expect("a folder")).expect("there").count(), 2);
}

#[test]
fn the_index_of_a_changed_file_is_stale() {
    let (_dir, path) = shard(&short_records());
    let index = RecordIndex::build(&path).expect("whole");
    let hour_ago = SystemTime::now() - Duration::from_secs(3600);
    File::options()
        .append(true)
        .open(&path)
        .expect("there")
        .set_modified(hour_ago)
        .expect("allowed");
    let error = index.verify(&path).expect_err("modified");
    assert!(matches!(error.kind(), ErrorKind::IndexStale(_)), "{error}");
    fs::write(&path, file(&["other"])).expect("writable");
    let error = index.verify(&path).expect_err("another length");
    assert!(error.to_string().contains("21 bytes now"), "{error}");
    fs::remove_file(&path).expect("there");
    assert!(index.verify(&path).expect_err("gone").is_io());
}

#[test]
fn every_cut_and_every_flipped_bit_of_an_index_file_is_noticed() {
    let (_dir, path) = shard(&["one", "two"]);
    let beside = RecordIndex::path_for(&path);
    RecordIndex::build(&path).expect("whole").save(&beside).expect("writable");
    let bytes = fs::read(&beside).expect("there");
    for cut in 0..bytes.len() {
        RecordIndex::from_bytes(&bytes[..cut]).expect_err("cut");
    }
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = RecordIndex::from_bytes(&flipped).expect_err("flipped");
        assert!(matches!(error.kind(), ErrorKind::IndexFormat(_)), "{error}");
    }
}

#[test]
fn offsets_that_no_file_has_are_refused() {
    let forged = |len: u64, ends: &[u64]| {
        let mut bytes = b"TFRIDX\x00\x01".to_vec();
        for word in [len, 0, ends.len() as u64].iter().chain(ends) {
            bytes.extend_from_slice(&word.to_le_bytes());
        }
        bytes.extend_from_slice(&tfrecord_codec::frame::masked_crc32c(&bytes).to_le_bytes());
        RecordIndex::from_bytes(&bytes)
    };
    let index = forged(50, &[19, 50]).expect("possible");
    assert_eq!(index.span(1), RecordSpan { offset: 19, length: 15 });
    forged(50, &[15, 50]).expect_err("shorter than a frame");
    forged(50, &[50, 19]).expect_err("backwards");
    forged(60, &[19, 50]).expect_err("bytes after the last frame");
    forged(50, &[]).expect_err("no frames in a file with bytes");
    forged(u64::MAX, &[u64::MAX - 1, u64::MAX]).expect_err("overflow");
}

#[test]
fn a_file_that_cannot_be_indexed_says_why() {
    let (_dir, path) = temp_file();
    let why = |bytes: &[u8]| {
        fs::write(&path, bytes).expect("writable");
        let error = RecordIndex::build(&path).expect_err("no index");
        assert_eq!(error.path(), Some(path.as_path()));
        error
    };
    let whole = file(&["one", "two"]);
    let error = why(&whole[..30]);
    assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
    assert_eq!((error.record(), error.offset()), (Some(1), Some(19)));
    let error = why(&whole[..37]);
    assert!(matches!(error.kind(), ErrorKind::Truncated { needed: 7, found: 6, .. }), "{error}");
    let error = why(&packed(&["one"], Compression::Zlib));
    assert!(matches!(error.kind(), ErrorKind::CompressedFile(Compression::Zlib)), "{error}");
    let error = why(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR");
    assert!(error.to_string().contains("it looks like a PNG image"), "{error}");
}

#[test]
fn the_limit_on_records_holds_while_indexing() {
    let (_dir, path) = shard(&["four"]);
    let limits = Limits::default().max_record_len(3);
    let error = RecordIndex::build_with(&path, limits).expect_err("too long");
    assert!(matches!(error.kind(), ErrorKind::RecordTooLong { .. }), "{error}");
}
