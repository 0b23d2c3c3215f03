//! What is read in a loop allocates nothing once its buffer has grown.

use allocation_counter::{AllocationInfo, measure};
use tfrecord_codec::{Example, IndexedFile, RecordReader, RecordWriter, slice};

use crate::support::{file, imagenet, shard};

fn records() -> Vec<Vec<u8>> {
    (0..300).map(|n| imagenet(&vec![n as u8; n * 400])).rev().collect()
}

fn assert_none(info: AllocationInfo) {
    assert_eq!(info.count_total, 0, "{info:?}");
}

#[test]
fn reading_allocates_nothing_after_the_longest_record() {
    let bytes = file(&records());
    let (mut reader, mut record) = (RecordReader::new(&bytes[..]), Vec::new());
    assert!(reader.read_into(&mut record).expect("whole"));
    assert_none(measure(|| while reader.read_into(&mut record).expect("whole") {}));
}

#[test]
fn reading_a_slice_allocates_nothing() {
    let bytes = file(&records());
    assert_none(measure(|| {
        for record in slice::records(&bytes) {
            record.expect("whole");
        }
    }));
}

#[test]
fn reading_by_number_allocates_nothing_after_the_longest_record() {
    let (_dir, path) = shard(&records());
    let (file, mut record) = (IndexedFile::open(&path).expect("whole"), Vec::new());
    file.read_record(0, &mut record).expect("whole");
    assert_none(measure(|| {
        for n in (0..file.len()).rev() {
            file.read_record(n, &mut record).expect("whole");
        }
    }));
}

#[test]
fn parsing_an_imagenet_example_and_taking_its_values_allocates_nothing() {
    let record = imagenet(&[1; 1000]);
    assert_none(measure(|| {
        let example = Example::parse(&record).expect("just built");
        assert_eq!(example.bytes("image/encoded").expect("there").len(), 1000);
        assert_eq!(example.int64("image/class/label").expect("there"), 152);
        assert_eq!(example.float_list("image/object/bbox/xmin").expect("there").len(), 2);
    }));
}

#[test]
fn writing_allocates_nothing_per_record() {
    let records = records();
    let mut writer = RecordWriter::new(std::io::sink());
    assert_none(measure(|| {
        for record in &records {
            writer.write(record).expect("takes everything");
        }
    }));
}
