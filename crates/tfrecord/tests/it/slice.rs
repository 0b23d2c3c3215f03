use tfrecord_codec::{Compression, ErrorKind, Integrity, Limits, slice};

use crate::support::{file, packed, short_records};

#[test]
fn records_borrow_from_the_file() {
    let bytes = file(&short_records());
    let records: Vec<_> = slice::records(&bytes).collect::<Result<_, _>>().expect("whole");
    assert_eq!(records, short_records());
    let inside = bytes.as_ptr_range();
    assert!(records.iter().all(|record| inside.contains(&record.as_ptr())));
}

#[test]
fn the_offset_is_that_of_the_next_frame() {
    let bytes = file(&["abc", "d"]);
    let mut records = slice::records(&bytes);
    let mut offsets = vec![records.offset()];
    while records.next().is_some() {
        offsets.push(records.offset());
    }
    assert_eq!(offsets, [0, 19, 36]);
}

#[test]
fn a_damaged_payload_costs_one_record() {
    let mut bytes = file(&["one", "two", "three"]);
    bytes[31] ^= 1;
    let results: Vec<_> = slice::records(&bytes).collect();
    assert_eq!(results.iter().map(Result::is_ok).collect::<Vec<_>>(), [true, false, true]);
    let lenient = slice::records(&bytes).integrity(Integrity::LengthOnly);
    assert_eq!(lenient.filter_map(Result::ok).count(), 3);
}

#[test]
fn a_compressed_file_is_named_as_such() {
    for compression in [Compression::Gzip, Compression::Zlib] {
        let bytes = packed(&short_records(), compression);
        let error = slice::records(&bytes).next().expect("one").expect_err("packed");
        let ErrorKind::CompressedFile(found) = error.kind() else { panic!("{error}") };
        assert_eq!(*found, compression);
    }
}

#[test]
fn limits_hold() {
    let bytes = file(&["four"]);
    let error = slice::records(&bytes).limits(Limits::default().max_record_len(3)).next();
    let error = error.expect("one").expect_err("too long");
    assert!(matches!(error.kind(), ErrorKind::RecordTooLong { length: 4, limit: 3 }), "{error}");
}
