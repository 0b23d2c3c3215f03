use std::io::{self, Read};

use tfrecord_codec::{ErrorKind, FramePart, Integrity, Limits, ReaderOptions, RecordReader};

use crate::support::{file, read, shard, short_records};

/// Hands out one byte at a time and is interrupted before each.
struct Trickle<'a>(&'a [u8], bool);

impl Read for Trickle<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let wanted = out.len().min(1);
        self.0.read(&mut out[..wanted])
    }
}

/// Fails like a broken disk.
struct Broken;

impl Read for Broken {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(io::Error::other("the disk is on fire"))
    }
}

#[test]
fn records_come_back_in_order() {
    assert_eq!(read(&file(&short_records())).expect("whole"), short_records());
}

#[test]
fn a_file_without_bytes_has_no_records() {
    assert_eq!(read(b"").expect("whole").len(), 0);
}

#[test]
fn the_end_is_reached_again_and_again() {
    let bytes = file(&["one"]);
    let (mut reader, mut record) = (RecordReader::new(&bytes[..]), Vec::new());
    assert!(reader.read_into(&mut record).expect("whole"));
    for _ in 0..3 {
        assert!(!reader.read_into(&mut record).expect("the end"));
        assert!(record.is_empty());
    }
}

#[test]
fn a_source_that_trickles_and_is_interrupted_reads_the_same() {
    let bytes = file(&short_records());
    let mut reader = RecordReader::new(Trickle(&bytes, false));
    assert_eq!(reader.records().collect::<Result<Vec<_>, _>>().expect("whole"), short_records());
}

#[test]
fn records_around_the_length_of_the_buffer_read_the_same() {
    let lengths = [4079, 4080, 4081, 4095, 4096, 4097, 0, 8191, 8192, 12_288, 3 << 20, 1];
    let records: Vec<_> = lengths.iter().map(|len| vec![*len as u8; *len]).collect();
    let bytes = file(&records);
    let mut reader = ReaderOptions::new().buffer_len(0).read(&bytes[..]);
    assert_eq!(reader.records().collect::<Result<Vec<_>, _>>().expect("whole"), records);
    assert_eq!(reader.offset(), bytes.len() as u64);
}

#[test]
fn a_damaged_payload_costs_one_record() {
    let mut bytes = file(&["one", "two", "three"]);
    bytes[19 + 12] ^= 0x80;
    let mut reader = RecordReader::new(&bytes[..]);
    let results: Vec<_> = reader.records().collect();
    assert_eq!(results.len(), 3);
    let error = results[1].as_ref().expect_err("damaged");
    assert!(matches!(error.kind(), ErrorKind::PayloadChecksum { .. }), "{error}");
    assert_eq!((error.record(), error.offset()), (Some(1), Some(19)));
    assert_eq!(results[2].as_ref().expect("whole"), b"three");
}

#[test]
fn a_damaged_long_payload_costs_one_record_too() {
    let mut bytes = file(&[vec![7; 100_000], vec![8; 100_000]]);
    bytes[50_000] ^= 1;
    let results: Vec<_> = RecordReader::new(&bytes[..]).records().collect();
    let error = results[0].as_ref().expect_err("damaged");
    assert!(error.is_record_local(), "{error}");
    assert_eq!(results[1].as_ref().expect("whole").len(), 100_000);
}

#[test]
fn a_damaged_length_stops_the_reader_for_good() {
    let mut bytes = file(&["one", "two", "three"]);
    bytes[19] ^= 1;
    let (mut reader, mut record) = (RecordReader::new(&bytes[..]), Vec::new());
    assert!(reader.read_into(&mut record).expect("whole"));
    let error = reader.read_into(&mut record).expect_err("damaged");
    assert!(matches!(error.kind(), ErrorKind::LengthChecksum { .. }), "{error}");
    let error = reader.read_into(&mut record).expect_err("stopped");
    assert!(matches!(error.kind(), ErrorKind::Stopped), "{error}");
    assert_eq!(reader.records().count(), 0);
}

#[test]
fn length_only_reads_past_a_damaged_payload_but_not_a_damaged_length() {
    let mut bytes = file(&["one", "two"]);
    bytes[12] ^= 1;
    let options = ReaderOptions::new().integrity(Integrity::LengthOnly);
    assert_eq!(options.read(&bytes[..]).records().filter_map(Result::ok).count(), 2);
    bytes[19] ^= 1;
    assert!(options.read(&bytes[..]).records().any(|record| record.is_err()));
}

#[test]
fn a_record_beyond_the_limit_is_refused_and_one_at_it_is_not() {
    let bytes = file(&[[1; 100]]);
    let options = |limit| ReaderOptions::new().limits(Limits::default().max_record_len(limit));
    assert_eq!(options(100).read(&bytes[..]).records().filter_map(Result::ok).count(), 1);
    let error = options(99).read(&bytes[..]).records().next().expect("one").expect_err("too long");
    assert!(matches!(error.kind(), ErrorKind::RecordTooLong { length: 100, limit: 99 }), "{error}");
}

#[test]
fn an_error_of_the_source_is_told_from_damage() {
    let error = RecordReader::new(Broken).records().next().expect("one").expect_err("broken");
    assert!(error.is_io());
    assert!(error.to_string().contains("the disk is on fire"), "{error}");
}

#[test]
fn a_missing_file_is_named() {
    let error = RecordReader::open("no/such/shard").expect_err("missing");
    assert!(error.is_io());
    assert!(error.to_string().starts_with("no/such/shard: "), "{error}");
}

#[test]
fn a_flipped_bit_is_reported_so_that_a_person_can_act() {
    let (_dir, path) = shard(&["one", "two"]);
    let mut bytes = std::fs::read(&path).expect("just written");
    bytes[31] ^= 1;
    std::fs::write(&path, bytes).expect("writable");
    let mut reader = RecordReader::open(&path).expect("opens");
    let error = reader.records().find_map(Result::err).expect("damaged");
    assert_eq!(
        error.to_string(),
        format!(
            "{}: record 1 at byte 19: payload checksum does not match (stored 0x09c99089, computed \
             0xe63eda0a): the file is damaged; copy it again from its source, or keep its whole \
             records with `tfrecord repair`",
            path.display()
        )
    );
    assert_eq!(error.path(), Some(path.as_path()));
}

#[test]
fn a_cut_file_is_reported_so_that_a_person_can_act() {
    let bytes = file(&["one", "two"]);
    let error = read(&bytes[..bytes.len() - 5]).expect_err("cut");
    let ErrorKind::Truncated { part: FramePart::Body, needed: 7, found: 2 } = error.kind() else {
        panic!("{error}");
    };
    assert_eq!(
        error.to_string(),
        "record 1 at byte 19: the file ends inside this record's payload and its checksum (7 bytes \
         needed, 2 there): it was cut short or is still being written; copy it again from its \
         source, or keep its whole records with `tfrecord repair`"
    );
}
