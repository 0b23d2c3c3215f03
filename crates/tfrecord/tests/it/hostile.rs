//! Input that is damaged or made to hurt: always an error with its place, never a panic, never
//! more memory than the limits allow.

use std::fs;
use std::io::Write;

use allocation_counter::measure;
use flate2::write::GzEncoder;
use tfrecord_codec::events::Event;
use tfrecord_codec::{
    Compression, Error, ErrorKind, Example, ExampleBuilder, IndexedFile, Limits, ReaderOptions,
    RecordIndex, RecordReader, Scan, SequenceExample, frame, slice,
};

use crate::support::{file, packed, read, shard, short_records, temp_file};

/// What a reader needs whatever the input: its buffers and the first step of a long record.
const FIXED: u64 = 3 << 20;

/// Whole records and the first error.
fn read_all(bytes: &[u8]) -> (usize, Option<Error>) {
    let mut reader = RecordReader::new(bytes);
    let results: Vec<_> = reader.records().collect();
    let whole = results.iter().filter(|result| result.is_ok()).count();
    (whole, results.into_iter().find_map(Result::err))
}

/// Runs something and checks the most memory that it held at once.
fn within(limit: u64, run: impl FnOnce()) {
    let info = measure(run);
    assert!(info.bytes_max <= limit, "{info:?} is beyond {limit} bytes");
}

/// The first error of reading these bytes, found within the fixed amount of memory.
fn cheap_error(bytes: &[u8], limits: Limits) -> Error {
    let mut error = None;
    within(FIXED, || {
        let mut reader = ReaderOptions::new().limits(limits).read(bytes);
        let mut record = Vec::new();
        error = loop {
            match reader.read_into(&mut record) {
                Ok(true) => {}
                Ok(false) => break None,
                Err(error) => break Some(error),
            }
        };
    });
    error.expect("the input is bad")
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).expect("takes everything");
    encoder.finish().expect("takes everything")
}

#[test]
fn truncation_at_every_byte_is_reported_at_its_record() {
    let records = short_records();
    let bytes = file(&records);
    let starts: Vec<_> = RecordStarts::of(&bytes).collect();
    for cut in 0..bytes.len() {
        let whole = starts.iter().filter(|start| **start <= cut).count().saturating_sub(1);
        let (read, error) = read_all(&bytes[..cut]);
        assert_eq!(read, whole, "cut at {cut}");
        if starts[whole] == cut {
            assert!(error.is_none(), "cut at {cut}, between records");
            continue;
        }
        let error = error.expect("cut inside a record");
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "cut at {cut}: {error}");
        assert_eq!(
            (error.record(), error.offset()),
            (Some(whole as u64), Some(starts[whole] as u64))
        );
        let by_slice = slice::records(&bytes[..cut]).find_map(Result::err).expect("cut");
        assert_eq!(by_slice.to_string(), error.to_string());
    }
}

/// The offset of every frame, and the end.
struct RecordStarts;

impl RecordStarts {
    fn of(bytes: &[u8]) -> impl Iterator<Item = usize> {
        let mut records = slice::records(bytes);
        std::iter::once(0).chain(std::iter::from_fn(move || {
            records.next()?.expect("whole");
            Some(records.offset() as usize)
        }))
    }
}

#[test]
fn every_flipped_bit_is_found_by_every_way_of_reading() {
    let records = short_records();
    let bytes = file(&records);
    let (_dir, path) = temp_file();
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (_, error) = read_all(&flipped);
        let error = error.unwrap_or_else(|| panic!("bit {bit} went unnoticed"));
        let damaged = error.record().expect("a record") as usize;
        let by_slice = slice::records(&flipped).find_map(Result::err).expect("flipped");
        assert_eq!(by_slice.to_string(), error.to_string());
        fs::write(&path, &flipped).expect("writable");
        let indexed = IndexedFile::open(&path).and_then(|file| {
            (0..file.len()).try_for_each(|n| file.read_record(n, &mut Vec::new()))
        });
        let by_number = indexed.expect_err("flipped");
        assert_eq!((by_number.record(), by_number.offset()), (error.record(), error.offset()));
        assert!(damaged < records.len());
    }
}

#[test]
fn no_cut_or_flipped_bit_of_a_compressed_file_gives_other_records() {
    for compression in [Compression::Gzip, Compression::Zlib] {
        let bytes = packed(&short_records(), compression);
        for cut in 1..bytes.len() {
            let (whole, error) = read_all(&bytes[..cut]);
            assert!(whole <= short_records().len());
            assert!(error.is_some(), "{compression} cut at {cut}");
        }
        for bit in 0..bytes.len() * 8 {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            // Gzip's time and system are not covered by any checksum.
            if let Ok(records) = read(&flipped) {
                assert_eq!(records, short_records(), "{compression} bit {bit}");
            }
        }
    }
}

#[test]
fn lengths_up_to_the_greatest_are_refused_without_allocating() {
    for length in [257 << 20, 1 << 32, 1 << 62, u64::MAX - 16, u64::MAX - 3, u64::MAX] {
        let mut bytes = frame::header(length).to_vec();
        bytes.extend_from_slice(b"short");
        let error = cheap_error(&bytes, Limits::default());
        assert!(matches!(error.kind(), ErrorKind::RecordTooLong { .. }), "{error}");
        assert_eq!((error.record(), error.offset()), (Some(0), Some(0)));
        let error = cheap_error(&bytes, Limits::none());
        assert!(matches!(error.kind(), ErrorKind::Truncated { .. }), "{error}");
        let error = slice::records(&bytes).limits(Limits::none()).next().expect("one");
        error.expect_err("it is not there");
    }
}

#[test]
fn a_length_within_the_limit_allocates_only_for_what_is_there() {
    let mut bytes = frame::header(200 << 20).to_vec();
    bytes.extend_from_slice(&[0; 100_000]);
    let error = cheap_error(&bytes, Limits::default());
    assert!(matches!(error.kind(), ErrorKind::Truncated { found: 100_000, .. }), "{error}");
}

#[test]
fn great_lengths_in_files_are_refused_without_allocating() {
    let (_dir, path) = temp_file();
    for length in [200 << 20, 1 << 40, u64::MAX] {
        fs::write(&path, frame::header(length)).expect("writable");
        within(FIXED, || {
            RecordIndex::build(&path).expect_err("not there");
            let mut scan = Scan::open(&path).expect("opens");
            while scan.next_into(&mut Vec::new()).expect("readable").is_some() {}
        });
    }
}

#[test]
fn a_great_file_in_the_place_of_an_index_is_not_read() {
    let (_dir, path) = shard(&short_records());
    let beside = RecordIndex::path_for(&path);
    RecordIndex::build(&path).expect("whole").save(&beside).expect("writable");
    let whole = fs::read(&beside).expect("there");
    let count = 8_u64 << 20;
    let of_another_file = [&whole[..8], &[0; 16], &count.to_le_bytes()].concat();
    // Both go on with zeros: an index of this file with too much behind it, then one of another
    // file that is as long as it says.
    for start in [whole, of_another_file] {
        fs::write(&beside, &start).expect("writable");
        let file = fs::File::options().write(true).open(&beside).expect("there");
        file.set_len(36 + 8 * count).expect("zeros take no room");
        within(FIXED, || {
            let file = IndexedFile::open(&path).expect("the file itself is whole");
            assert_eq!(file.len(), short_records().len());
        });
    }
}

#[test]
fn a_gzip_bomb_ends_at_the_first_frame_or_at_a_limit() {
    let zeros = gzip(&vec![0; 200 << 20]);
    let error = cheap_error(&zeros, Limits::default());
    assert!(matches!(error.kind(), ErrorKind::LengthChecksum { .. }), "{error}");

    let mut bomb = frame::header(1 << 40).to_vec();
    bomb.resize(100 << 20, 0);
    let bomb = gzip(&bomb);
    let error = cheap_error(&bomb, Limits::default());
    assert!(matches!(error.kind(), ErrorKind::RecordTooLong { .. }), "{error}");

    let empty_records = gzip(&file(&[b""]).repeat(1 << 20));
    let error = cheap_error(&empty_records, Limits::default().max_decompressed_len(1 << 20));
    assert!(matches!(error.kind(), ErrorKind::DecompressedTooLong { .. }), "{error}");
    assert_eq!(error.record(), Some(1 << 16));
}

#[test]
fn files_of_other_kinds_are_named() {
    let told = |bytes: &[u8]| {
        let text = cheap_error(bytes, Limits::default()).to_string();
        text.strip_prefix("record 0 at byte 0: ").expect("its place").to_owned()
    };
    let wanted = |what| format!("this is not a TFRecord file: it looks like {what}");
    assert_eq!(told(b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"), wanted("a PNG image"));
    assert_eq!(told(b"\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01"), wanted("a JPEG image"));
    assert_eq!(told(b"id,label\n1,2\n"), wanted("text"));
    assert_eq!(told(b"short"), wanted("text"));
    assert_eq!(told(&gzip(b"id,label\n1,2\n3,4\n")), wanted("text"));
    assert_eq!(told(b"PK\x03\x04\x14\0\0\0\x08\0\0\0\0\0"), wanted("a zip archive"));
    assert!(told(&[0x80; 64]).starts_with("length checksum does not match"));
}

#[test]
fn nested_lengths_that_exceed_their_message_are_refused() {
    // Each level announces more than its parent holds.
    for depth in 1..40 {
        let mut message = vec![0xff, 0xff, 0xff, 0xff, 0x0f];
        for _ in 0..depth {
            message.insert(0, 0x0a);
            message.insert(1, 0x7f);
        }
        within(FIXED, || {
            Example::parse(&message).expect_err("too long");
            SequenceExample::parse(&message).expect_err("too long");
        });
    }
}

#[test]
fn a_length_near_the_greatest_integer_is_refused() {
    let message = [0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0];
    let error = Example::parse(&message).expect_err("too long");
    assert!(error.to_string().contains("a field of 18446744073709551615 bytes"), "{error}");
}

#[test]
fn varints_of_eleven_bytes_are_refused_wherever_they_stand() {
    let eleven = [[0x80; 10].as_slice(), &[0]].concat();
    let list = [&[0x1a, 11], &eleven[..]].concat();
    let value = [&[0x1a, 13, 0x0a, 11], &eleven[..]].concat();
    let tag = eleven.clone();
    let length = [&[0x0a], &eleven[..]].concat();
    for bad in [list, value, tag, length] {
        let entry = [&[0x12, bad.len() as u8], &bad[..]].concat();
        let entry = [&[0x0a, entry.len() as u8], &entry[..]].concat();
        let message = [&[0x0a, entry.len() as u8], &entry[..]].concat();
        Example::parse(&message).expect_err("too long");
    }
}

#[test]
fn groups_nested_a_million_deep_neither_overflow_the_stack_nor_pass() {
    let error = Example::parse(&[0x0b; 1_000_000]).expect_err("too deep");
    assert!(error.to_string().contains("nested too deeply"), "{error}");
    let mut deep = vec![0x0b; 99];
    deep.extend_from_slice(&[0x0c; 99]);
    Example::parse(&[[0x2b].as_slice(), &deep, &[0x2c]].concat()).expect("just deep enough");
}

#[test]
fn a_message_of_nothing_but_features_stays_within_the_limit_on_them() {
    // Two bytes of input for each feature, which takes 56 here: the limit bounds what they take.
    let entries = [0x0a, 0].repeat(10 << 20);
    let mut message = vec![0x0a, 0x80, 0x80, 0x80, 0x0a];
    message.extend_from_slice(&entries);
    within(16 << 20, || {
        let error = Example::parse(&message).expect_err("too many");
        assert!(matches!(error.kind(), ErrorKind::TooManyFeatures { .. }), "{error}");
    });
}

#[test]
fn an_event_of_nothing_but_summaries_or_strings_stays_within_the_limit_on_them() {
    // A field of this number whose body is 20 MiB of two-byte fields with this tag.
    let filled = |number: u8, tag: u8| {
        let mut field = vec![number << 3 | 2, 0x80, 0x80, 0x80, 0x0a];
        field.extend_from_slice(&[tag, 0].repeat(10 << 20));
        field
    };
    let nested = |number: u8, body: Vec<u8>| {
        let mut field = vec![number << 3 | 2];
        let mut len = body.len();
        while len >= 0x80 {
            field.push(len as u8 | 0x80);
            len >>= 7;
        }
        field.push(len as u8);
        field.extend(body);
        field
    };
    let summaries = filled(5, 0x0a);
    let strings = nested(5, nested(1, filled(8, 0x42)));
    for event in [summaries, strings] {
        within(32 << 20, || {
            let error = Event::parse(&event).expect_err("too many");
            assert!(matches!(error.kind(), ErrorKind::TooManyFeatures { .. }), "{error}");
        });
    }
}

#[test]
fn a_list_with_millions_of_values_takes_no_memory() {
    let values = vec![1_i64; 2 << 20];
    let message = ExampleBuilder::new().int64_list("k", &values).build();
    within(1 << 12, || {
        let example = Example::parse(&message).expect("just built");
        assert_eq!(example.int64_list("k").expect("there").sum::<i64>(), 2 << 20);
    });
}
