//! What many tests need.

use std::path::PathBuf;

use tempfile::TempDir;
use tfrecord_codec::{
    Compression, Example, ExampleBuilder, Feature, RecordReader, RecordWriter, WriterOptions,
};

/// A folder that goes away with the value, and the path of a file in it.
pub(crate) fn temp_file() -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("shard");
    (dir, path)
}

/// The bytes of an uncompressed file with these records.
pub(crate) fn file<P: AsRef<[u8]>>(records: &[P]) -> Vec<u8> {
    packed(records, Compression::None)
}

/// The bytes of a file with these records.
pub(crate) fn packed<P: AsRef<[u8]>>(records: &[P], compression: Compression) -> Vec<u8> {
    let options = WriterOptions::new().compression(compression);
    let mut writer = options.write_to(Vec::new()).expect("built in");
    for record in records {
        writer.write(record.as_ref()).expect("a vector takes everything");
    }
    writer.finish().expect("a vector takes everything")
}

/// Writes records to a file of its own.
pub(crate) fn shard<P: AsRef<[u8]>>(records: &[P]) -> (TempDir, PathBuf) {
    let (dir, path) = temp_file();
    std::fs::write(&path, file(records)).expect("the folder is writable");
    (dir, path)
}

/// The records of a file in memory.
pub(crate) fn read(bytes: &[u8]) -> tfrecord_codec::Result<Vec<Vec<u8>>> {
    RecordReader::new(bytes).records().collect()
}

/// A few short records, an empty one among them.
pub(crate) fn short_records() -> Vec<Vec<u8>> {
    vec![b"first".to_vec(), Vec::new(), b"third, a little longer".to_vec(), vec![0; 40]]
}

/// An example of the ImageNet schema.
pub(crate) fn imagenet(image: &[u8]) -> Vec<u8> {
    ExampleBuilder::new()
        .bytes("image/encoded", image)
        .bytes("image/format", b"JPEG")
        .bytes("image/colorspace", b"RGB")
        .bytes("image/filename", b"n02085620_10074.JPEG")
        .bytes("image/class/synset", b"n02085620")
        .bytes("image/class/text", b"Chihuahua")
        .int64("image/class/label", 152)
        .int64("image/height", 375)
        .int64("image/width", 500)
        .int64("image/channels", 3)
        .float_list("image/object/bbox/xmin", &[0.25, 0.5])
        .build()
}

/// A file writer that the caller has put somewhere.
pub(crate) fn written(writer: RecordWriter<Vec<u8>>) -> Vec<u8> {
    writer.finish().expect("a vector takes everything")
}

/// The values of an example, kept so that a builder can borrow them.
pub(crate) struct OwnedValues<'a>(Vec<(&'a str, Owned<'a>)>);

enum Owned<'a> {
    Bytes(Vec<&'a [u8]>),
    Float(Vec<f32>),
    Int64(Vec<i64>),
}

impl<'a> OwnedValues<'a> {
    pub(crate) fn of(example: &Example<'a>) -> Self {
        Self(example.iter().filter_map(|(name, value)| Some((name, Owned::of(value)?))).collect())
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn add_to<'b>(&'b self, builder: ExampleBuilder<'b>) -> ExampleBuilder<'b> {
        self.0.iter().fold(builder, |builder, (name, values)| match values {
            Owned::Bytes(values) => builder.bytes_list(name, values),
            Owned::Float(values) => builder.float_list(name, values),
            Owned::Int64(values) => builder.int64_list(name, values),
        })
    }
}

impl<'a> Owned<'a> {
    fn of(feature: &Feature<'a>) -> Option<Self> {
        let bytes = feature.bytes_list().map(|list| Self::Bytes(list.collect()));
        let floats = || feature.float_list().map(|list| Self::Float(list.collect()));
        bytes
            .or_else(floats)
            .or_else(|| feature.int64_list().map(|list| Self::Int64(list.collect())))
    }
}
