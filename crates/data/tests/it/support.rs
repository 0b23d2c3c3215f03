//! Shards, images and loaders for the tests.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use jpeg_encoder::{ColorType, Encoder};
use resnet_data::{
    Batch, Crop, DataError, ImageRecords, LabelRange, Loader, LoaderOptions, Source, Split,
    SyntheticImages, Transform,
};
use tfrecord_codec::{ExampleBuilder, RecordWriter};

/// Side of the images in test shards.
pub(crate) const SIDE: u16 = 16;

/// A transform that keeps the pixels of test shards as they are.
pub(crate) const KEEP: Transform = Transform::new(16, Crop::ResizeCenterCrop { resize: 16 });

/// An even grey JPEG of 16x16 pixels; decoded, every level is within 1 of `level`.
pub(crate) fn jpeg(level: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    let pixels = vec![level; usize::from(SIDE) * usize::from(SIDE) * 3];
    let encoder = Encoder::new(&mut bytes, 95);
    encoder.encode(&pixels, SIDE, SIDE, ColorType::Rgb).unwrap();
    bytes
}

/// A record in the ImageNet schema, as far as it is read.
pub(crate) fn record(encoded: &[u8], label: i64, filename: &str) -> Vec<u8> {
    ExampleBuilder::new()
        .bytes("image/encoded", encoded)
        .int64("image/class/label", label)
        .bytes("image/filename", filename.as_bytes())
        .build()
}

/// Images with the labels 1 to `count` and the grey levels 10, 20, 30 and so on.
pub(crate) fn good_records(count: u8) -> Vec<Vec<u8>> {
    let image = |n: u8| record(&jpeg(n * 10), i64::from(n), &format!("image-{n}.JPEG"));
    (1..=count).map(image).collect()
}

pub(crate) fn shard_path(folder: &Path, prefix: &str, shard: usize, total: usize) -> PathBuf {
    folder.join(format!("{prefix}-{shard:05}-of-{total:05}"))
}

/// Writes a set of shards, the records dealt out in order.
pub(crate) fn write_shards(folder: &Path, prefix: &str, shards: usize, records: &[Vec<u8>]) {
    std::fs::create_dir_all(folder).unwrap();
    let per_shard = records.len().div_ceil(shards).max(1);
    let mut chunks = records.chunks(per_shard);
    for shard in 0..shards {
        let mut writer = RecordWriter::create(shard_path(folder, prefix, shard, shards)).unwrap();
        for record in chunks.next().unwrap_or_default() {
            writer.write(record).unwrap();
        }
        writer.finish().unwrap();
    }
}

pub(crate) fn open(folder: &Path) -> Result<ImageRecords, DataError> {
    ImageRecords::open(folder, Split::Train, LabelRange::imagenet(10))
}

/// A loader over shards that hold `records`.
pub(crate) fn records_loader(records: &[Vec<u8>], options: LoaderOptions) -> Loader {
    let folder = tempfile::tempdir().unwrap();
    write_shards(folder.path(), "train", 2, records);
    let source = open(folder.path()).unwrap();
    // The loader opens its files when it needs them, so the folder must stay.
    let source = WithFolder { source, _folder: folder };
    Loader::new(Arc::new(source), options).unwrap()
}

struct WithFolder {
    source: ImageRecords,
    _folder: tempfile::TempDir,
}

impl Source for WithFolder {
    fn len(&self) -> usize {
        self.source.len()
    }
    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<resnet_data::Sample, DataError> {
        self.source.read(index, record)
    }
    fn place(&self, index: usize) -> String {
        self.source.place(index)
    }
    fn describe(&self) -> String {
        self.source.describe()
    }
}

/// Options with few threads, so that tests run side by side.
pub(crate) fn in_order(batch_size: usize, transform: Transform) -> LoaderOptions {
    LoaderOptions { workers: 2, ..LoaderOptions::validation(batch_size, transform) }
}

pub(crate) fn shuffled(batch_size: usize, transform: Transform) -> LoaderOptions {
    LoaderOptions { workers: 2, ..LoaderOptions::train(batch_size, 42, transform) }
}

/// A loader over synthetic images; each has its own label.
pub(crate) fn synthetic(len: usize, options: LoaderOptions) -> Loader {
    let source = SyntheticImages::new(len, u32::try_from(len).unwrap(), 5).with_side(20);
    Loader::new(Arc::new(source), options).unwrap()
}

/// All batches of an epoch from `first_batch` on.
pub(crate) fn batches(loader: &Loader, epoch: u64, first_batch: usize) -> Vec<Batch> {
    loader.epoch(epoch, first_batch).collect::<Result<_, _>>().unwrap()
}

/// The levels of a batch of 8 bits.
pub(crate) fn levels(batch: &Batch) -> &[u8] {
    batch.images.as_eight().unwrap()
}

/// The first error of an epoch.
pub(crate) fn first_error(loader: &Loader) -> String {
    loader.epoch(0, 0).find_map(Result::err).expect("the epoch should fail").to_string()
}

/// Asserts that a message holds all of these words.
#[track_caller]
pub(crate) fn assert_says(message: &str, words: &[&str]) {
    for word in words {
        assert!(message.contains(word), "{word:?} is missing in: {message}");
    }
}
