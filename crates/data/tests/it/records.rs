//! Shards and records that are damaged or do not follow the schema.

use std::fs::{self, File};

use resnet_data::{ImageRecords, LabelRange, Source, Split};
use tfrecord_codec::ExampleBuilder;

use crate::support::{
    KEEP, assert_says, first_error, good_records, in_order, jpeg, open, record, records_loader,
    shard_path, write_shards,
};

/// The first error of loading these records, all in one shard.
fn error_of(records: &[Vec<u8>]) -> String {
    first_error(&records_loader(records, in_order(2, KEEP)))
}

#[test]
fn labels_become_classes_from_zero() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 1, &good_records(3));
    let classes = |labels| {
        let source = ImageRecords::open(folder.path(), Split::Train, labels).unwrap();
        let read = |index| source.read(index, &mut Vec::new()).unwrap().label;
        [0, 1, 2].map(read)
    };
    assert_eq!(classes(LabelRange::imagenet(3)), [0, 1, 2]);
    assert_eq!(classes(LabelRange::from_zero(4)), [1, 2, 3]);
}

#[test]
fn a_flipped_bit_names_shard_record_and_offset() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(6));
    let path = shard_path(folder.path(), "train", 1, 2);
    let mut bytes = fs::read(&path).unwrap();
    let offset = 16 + good_records(6)[3].len();
    bytes[offset + 200] ^= 1;
    fs::write(&path, bytes).unwrap();
    let source = open(folder.path()).unwrap();
    let loader = resnet_data::Loader::new(std::sync::Arc::new(source), in_order(4, KEEP)).unwrap();
    let error = first_error(&loader);
    let place = format!("{}: record 1 at byte {offset}", path.display());
    assert_says(&error, &[&place, "checksum", "copy it again"]);
}

#[test]
fn a_truncated_shard_is_found_when_it_is_opened() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(6));
    let path = shard_path(folder.path(), "train", 1, 2);
    let len = fs::metadata(&path).unwrap().len();
    File::options().write(true).open(&path).unwrap().set_len(len - 10).unwrap();
    let error = open(folder.path()).unwrap_err().to_string();
    assert_says(&error, &[&path.display().to_string(), "record 2 at byte", "cut short"]);
}

#[test]
fn a_shard_that_shrinks_during_the_epoch_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(6));
    let source = open(folder.path()).unwrap();
    let path = shard_path(folder.path(), "train", 1, 2);
    File::options().write(true).open(&path).unwrap().set_len(10).unwrap();
    let error = source.read(4, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error, &[&path.display().to_string()]);
}

#[test]
fn a_shard_that_vanishes_during_the_epoch_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(6));
    let source = open(folder.path()).unwrap();
    let path = shard_path(folder.path(), "train", 1, 2);
    fs::remove_file(&path).unwrap();
    let error = source.read(4, &mut Vec::new()).unwrap_err().to_string();
    assert_says(&error, &[&path.display().to_string()]);
}

#[test]
fn a_file_that_is_no_tfrecord_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = shard_path(folder.path(), "train", 0, 1);
    fs::write(&path, "not a TFRecord file, but long enough to hold a header").unwrap();
    assert_says(&open(folder.path()).unwrap_err().to_string(), &[&path.display().to_string()]);
}

#[test]
fn a_record_without_an_image_is_an_error() {
    let mut records = good_records(4);
    records[1] = ExampleBuilder::new().int64("image/class/label", 1).build();
    let error = error_of(&records);
    let words = ["train-00000-of-00002: record 1 at byte", "image/encoded", "convert the images"];
    assert_says(&error, &words);
}

#[test]
fn a_record_without_a_label_is_an_error() {
    let mut records = good_records(4);
    records[3] = ExampleBuilder::new().bytes("image/encoded", &jpeg(1)).build();
    assert_says(&error_of(&records), &["train-00001-of-00002: record 1", "image/class/label"]);
}

#[test]
fn a_record_that_is_no_example_is_an_error() {
    let mut records = good_records(4);
    records[0] = b"\xff\xff\xff".to_vec();
    assert_says(&error_of(&records), &["train-00000-of-00002: record 0 at byte 0", "malformed"]);
}

#[test]
fn a_label_out_of_range_names_the_range_and_the_remedy() {
    for label in [0, 11, -1, i64::MAX, i64::MIN] {
        let mut records = good_records(4);
        records[2] = record(&jpeg(1), label, "strange.JPEG");
        let error = error_of(&records);
        let place = "train-00001-of-00002: record 0 at byte 0";
        let range = format!("label {label} is outside 1..=10");
        assert_says(&error, &[place, &range, "number of classes", "label offset"]);
    }
}

#[test]
fn a_record_without_a_file_name_is_as_good() {
    let jpeg = jpeg(70);
    let image = ExampleBuilder::new().bytes("image/encoded", &jpeg).int64("image/class/label", 3);
    let loader = records_loader(&[image.build()], in_order(1, KEEP));
    assert_eq!(crate::support::batches(&loader, 0, 0)[0].labels, [2]);
}

#[test]
fn a_label_that_was_read_is_known_without_the_record() {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, &good_records(6));
    let source = open(folder.path()).unwrap();
    assert_eq!(source.label(1).unwrap(), 1);
    source.read(4, &mut Vec::new()).unwrap();
    for shard in 0..2 {
        let path = shard_path(folder.path(), "train", shard, 2);
        File::options().write(true).open(path).unwrap().set_len(0).unwrap();
    }
    assert_eq!([1, 4].map(|index| source.label(index).unwrap()), [1, 4]);
    assert!(source.label(0).is_err(), "it was not read");
    assert!(source.read(1, &mut Vec::new()).is_err(), "the image is not kept");
}
