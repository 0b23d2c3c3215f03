use std::fs;

use tfrecord_codec::{Compression, ErrorKind, Found, Scan};

use crate::support::{file, packed, read, short_records, temp_file};

/// What a scan of these bytes finds: payloads and (offset, bytes) of damage.
fn scan(bytes: &[u8]) -> (Vec<Vec<u8>>, Vec<(u64, u64)>) {
    let (_dir, path) = temp_file();
    fs::write(&path, bytes).expect("writable");
    let (mut scan, mut record) = (Scan::open(&path).expect("opens"), Vec::new());
    let (mut whole, mut damage) = (Vec::new(), Vec::new());
    while let Some(found) = scan.next_into(&mut record).expect("readable") {
        match found {
            Found::Record(span) => {
                assert_eq!(span.length, record.len() as u64);
                whole.push(record.clone());
            }
            Found::Damage(found) => {
                assert_eq!(found.error.path(), Some(path.as_path()));
                assert_eq!(found.error.offset(), Some(found.offset));
                damage.push((found.offset, found.bytes));
            }
        }
    }
    (whole, damage)
}

#[test]
fn a_whole_file_has_no_damage() {
    for compression in [Compression::None, Compression::Gzip, Compression::Zlib] {
        let bytes = packed(&short_records(), compression);
        assert_eq!(scan(&bytes), (short_records(), vec![]));
    }
}

#[test]
fn a_flipped_bit_costs_one_record_wherever_it_is() {
    let records = short_records();
    let bytes = file(&records);
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let (whole, damage) = scan(&flipped);
        assert_eq!((whole.len(), damage.len()), (records.len() - 1, 1), "bit {bit}");
        let (offset, bytes) = damage[0];
        assert!((offset..offset + bytes).contains(&(bit as u64 / 8)), "bit {bit}");
    }
}

#[test]
fn a_cut_file_keeps_what_is_whole() {
    let bytes = file(&short_records());
    for cut in 0..bytes.len() {
        let (whole, damage) = scan(&bytes[..cut]);
        assert_eq!(whole, short_records()[..whole.len()]);
        let kept = file(&whole).len();
        let wanted = if kept == cut { vec![] } else { vec![(kept as u64, (cut - kept) as u64)] };
        assert_eq!(damage, wanted, "cut at {cut}");
    }
}

#[test]
fn records_after_a_long_hole_are_found() {
    let mut bytes = file(&["before"]);
    bytes.extend_from_slice(&vec![0; 200_000]);
    bytes.extend_from_slice(&file(&["after", "that"]));
    let (whole, damage) = scan(&bytes);
    assert_eq!(whole, [&b"before"[..], b"after", b"that"]);
    assert_eq!(damage, [(22, 200_000)]);
}

#[test]
fn a_header_across_two_windows_is_found() {
    for hole in 65_500..65_560 {
        let mut bytes = file(&["a"]);
        bytes.extend_from_slice(&vec![0xaa; hole]);
        bytes.extend_from_slice(&file(&["after"]));
        let (whole, damage) = scan(&bytes);
        assert_eq!((whole.len(), damage), (2, vec![(17, hole as u64)]));
    }
}

#[test]
fn a_cut_compressed_file_keeps_what_unpacks() {
    let records: Vec<_> = (0..50_u8).map(|n| vec![n; 100]).collect();
    let bytes = packed(&records, Compression::Gzip);
    let (whole, damage) = scan(&bytes[..bytes.len() - 9]);
    assert_eq!(whole, records[..whole.len()]);
    assert_eq!(damage.len(), 1);
}

#[test]
fn a_file_of_another_kind_is_damage_from_end_to_end() {
    let (_dir, path) = temp_file();
    fs::write(&path, b"Some text that is no record at all.").expect("writable");
    let (mut scan, mut record) = (Scan::open(&path).expect("opens"), Vec::new());
    let Ok(Some(Found::Damage(damage))) = scan.next_into(&mut record) else { panic!("damage") };
    assert!(matches!(damage.error.kind(), ErrorKind::NotTfRecord { .. }), "{}", damage.error);
    assert_eq!((damage.offset, damage.bytes), (0, 35));
    assert!(scan.next_into(&mut record).expect("readable").is_none());
    read(&fs::read(&path).expect("there")).expect_err("text");
}
