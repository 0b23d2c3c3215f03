//! Read and write [TFRecord] files, `tf.train.Example` messages and TensorBoard event files,
//! without TensorFlow: fast, bounded and without `unsafe`.
//!
//! [TFRecord]: https://www.tensorflow.org/tutorials/load_data/tfrecord
//!
//! | to | use |
//! |---|---|
//! | read records one after another | [`RecordReader`], or [`slice::records`] without copying |
//! | read records by number | [`IndexedFile`], [`RecordIndex`] |
//! | write records, or go on after an interruption | [`RecordWriter`] |
//! | read and write what is in them | [`Example`], [`ExampleBuilder`], [`SequenceExample`] |
//! | find what is whole in a damaged file | [`Scan`] |
//! | write for TensorBoard | [`events`] |
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("train-00000-of-00001");
//! use tfrecord_codec::{Example, ExampleBuilder, RecordReader, RecordWriter};
//!
//! let mut writer = RecordWriter::create(&path)?;
//! for label in [3, 1, 4] {
//!     writer.write(&ExampleBuilder::new().int64("image/class/label", label).build())?;
//! }
//! writer.finish()?;
//!
//! let (mut reader, mut record, mut labels) = (RecordReader::open(&path)?, Vec::new(), Vec::new());
//! while reader.read_into(&mut record)? {
//!     labels.push(Example::parse(&record)?.int64("image/class/label")?);
//! }
//! assert_eq!(labels, [3, 1, 4]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! Whatever the bytes are, reading ends in a value or in an [`Error`] with the path, the record's
//! number and its byte offset: it does not panic, and it allocates no more than [`Limits`] allow.

#![forbid(unsafe_code)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ExamplesOfTheReadme;

mod append;
mod buffered;
mod compression;
mod count;
mod error;
#[cfg(feature = "events")]
pub mod events;
mod example;
pub mod frame;
mod index;
mod indexed_file;
mod limits;
mod positioned;
mod reader;
mod scan;
pub mod slice;
mod wire;
mod writer;

pub use append::Recovered;
pub use compression::Compression;
pub use count::count_records;
pub use error::{Error, ErrorKind, FramePart, Result};
pub use example::{
    BytesList, Example, ExampleBuilder, Feature, FeatureKind, FeatureValues, FloatList, Int64List,
    SequenceExample, SequenceExampleBuilder,
};
pub use index::{RecordIndex, RecordSpan};
pub use indexed_file::IndexedFile;
pub use limits::{Integrity, Limits};
pub use reader::{ReaderOptions, RecordReader, Records};
pub use scan::{Damage, Found, Scan};
pub use writer::{RecordWriter, WriterOptions};
