use tfrecord_codec::{Compression, ErrorKind, Limits, ReaderOptions, RecordReader, WriterOptions};

use crate::support::{file, packed, read, short_records};

const ALL: [Compression; 3] = [Compression::None, Compression::Gzip, Compression::Zlib];

#[test]
fn every_compression_is_detected_and_reads_back() {
    for compression in ALL {
        let bytes = packed(&short_records(), compression);
        assert_eq!(Compression::detect(&bytes), compression);
        let mut reader = RecordReader::new(&bytes[..]);
        let records = reader.records().collect::<Result<Vec<_>, _>>().expect("whole");
        assert_eq!((records, reader.compression()), (short_records(), compression));
    }
}

#[test]
fn every_level_reads_back() {
    for level in 0..=9 {
        let options = WriterOptions::new().compression(Compression::Zlib).level(level);
        let mut writer = options.write_to(Vec::new()).expect("built in");
        writer.write(&[5; 10_000]).expect("takes everything");
        let bytes = writer.finish().expect("takes everything");
        assert_eq!(Compression::detect(&bytes), Compression::Zlib);
        assert_eq!(read(&bytes).expect("whole"), [[5; 10_000]]);
    }
}

#[test]
fn members_of_a_gzip_file_are_one_sequence_of_records() {
    let mut bytes = packed(&["one"], Compression::Gzip);
    bytes.extend_from_slice(&packed(&["two", "three"], Compression::Gzip));
    assert_eq!(read(&bytes).expect("whole"), [&b"one"[..], b"two", b"three"]);
}

#[test]
fn a_record_whose_length_is_gzips_magic_number_is_not_gzip() {
    let records = [vec![9; 0x8b1f], vec![1; 0x0008_8b1f]];
    for record in records {
        let bytes = file(std::slice::from_ref(&record));
        assert!(bytes.starts_with(b"\x1f\x8b"));
        assert_eq!(Compression::detect(&bytes), Compression::None);
        assert_eq!(read(&bytes).expect("whole"), [record]);
    }
}

#[test]
fn a_record_whose_length_is_a_zlib_header_is_not_zlib() {
    let record = vec![9; 0x9c78];
    let bytes = file(std::slice::from_ref(&record));
    assert_eq!(Compression::detect(&bytes), Compression::None);
    assert_eq!(read(&bytes).expect("whole"), [record]);
}

#[test]
fn an_explicit_compression_is_not_second_guessed() {
    let bytes = file(&["plain"]);
    let mut reader = ReaderOptions::new().compression(Compression::Gzip).read(&bytes[..]);
    let error = reader.records().next().expect("one").expect_err("not gzip");
    assert!(matches!(error.kind(), ErrorKind::Decompress { .. }), "{error}");
}

#[test]
fn offsets_in_a_compressed_file_count_unpacked_bytes() {
    let mut plain = file(&["one", "two"]);
    plain[31] ^= 1;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut encoder, &plain).expect("takes everything");
    let bytes = encoder.finish().expect("takes everything");
    let error = read(&bytes).expect_err("damaged");
    assert_eq!((error.record(), error.offset()), (Some(1), Some(19)));
}

#[test]
fn a_compressed_file_stops_unpacking_at_the_limit() {
    let records = vec![Vec::new(); 10_000];
    for compression in [Compression::Gzip, Compression::Zlib] {
        let bytes = packed(&records, compression);
        let limits = Limits::default().max_decompressed_len(16 * 100);
        let mut reader = ReaderOptions::new().limits(limits).read(&bytes[..]);
        let results: Vec<_> = reader.records().collect();
        assert_eq!(results.len(), 101);
        let error = results[100].as_ref().expect_err("too much");
        assert!(matches!(error.kind(), ErrorKind::DecompressedTooLong { limit: 1600 }), "{error}");
    }
}
