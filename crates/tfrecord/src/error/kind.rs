//! What can go wrong.

use std::borrow::Cow;
use std::fmt;
use std::io;

use crate::{Compression, FeatureKind};

/// The part of a record's frame at which the input ended.
///
/// ```
/// use tfrecord_codec::{ErrorKind, FramePart, frame, slice};
///
/// // A whole header that announces 5 bytes, and nothing after it.
/// let error = slice::records(&frame::header(5)).find_map(Result::err).expect("it is cut short");
/// match error.kind() {
///     ErrorKind::Truncated { part, .. } => assert_eq!(*part, FramePart::Body),
///     other => panic!("{other}"),
/// }
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FramePart {
    /// The 12 bytes that hold the payload's length and the length's checksum.
    Header,
    /// The payload or the 4 bytes of its checksum.
    Body,
}

impl fmt::Display for FramePart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Header => "header",
            Self::Body => "payload and its checksum",
        })
    }
}

/// What happened. More kinds may be added.
///
/// ```
/// use tfrecord_codec::{ErrorKind, RecordReader};
///
/// let error = RecordReader::new(&b"id,label\n1,2\n"[..]).records().find_map(Result::err);
/// match error.expect("this is no TFRecord file").kind() {
///     ErrorKind::NotTfRecord { looks_like } => assert_eq!(*looks_like, "text"),
///     other => panic!("{other}"),
/// }
/// ```
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused to open, read or write.
    #[error("{0}")]
    Io(io::Error),
    /// The caller asked for something that cannot be done.
    #[error("{0}")]
    Argument(String),
    /// The first bytes are those of another format.
    #[error("this is not a TFRecord file: it looks like {looks_like}")]
    NotTfRecord {
        /// The format that the first bytes belong to, with its article ("a PNG image").
        looks_like: &'static str,
    },
    /// The checksum of a record's length does not match, so no later record can be found by
    /// following lengths.
    #[error(
        "length checksum does not match (stored {stored:#010x}, computed {computed:#010x}): the \
         file is damaged here or is not a TFRecord file; copy it again from its source, or keep \
         its whole records with `tfrecord repair`"
    )]
    LengthChecksum {
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes in the file.
        computed: u32,
    },
    /// The checksum of a record's payload does not match. The next record can still be read.
    #[error(
        "payload checksum does not match (stored {stored:#010x}, computed {computed:#010x}): the \
         file is damaged; copy it again from its source, or keep its whole records with `tfrecord \
         repair`"
    )]
    PayloadChecksum {
        /// The checksum in the file.
        stored: u32,
        /// The checksum of the bytes in the file.
        computed: u32,
    },
    /// The input ends inside a record.
    #[error(
        "the file ends inside this record's {part} ({needed} bytes needed, {found} there): it was \
         cut short or is still being written; copy it again from its source, or keep its whole \
         records with `tfrecord repair`"
    )]
    Truncated {
        /// The part that is incomplete.
        part: FramePart,
        /// The bytes that this part has in a whole file.
        needed: u64,
        /// The bytes of this part that are there.
        found: u64,
    },
    /// A record is longer than [`Limits::max_record_len`](crate::Limits::max_record_len) allows.
    #[error(
        "the record says it is {length} bytes long, more than the limit of {limit}: if the file \
         is trusted, raise the limit with `Limits::max_record_len`"
    )]
    RecordTooLong {
        /// Bytes of payload that the header announces.
        length: u64,
        /// Bytes allowed.
        limit: u64,
    },
    /// A compressed file unpacks to more than
    /// [`Limits::max_decompressed_len`](crate::Limits::max_decompressed_len) allows.
    #[error(
        "the compressed file unpacks to more than the limit of {limit} bytes: if the file is \
         trusted, raise the limit with `Limits::max_decompressed_len`"
    )]
    DecompressedTooLong {
        /// Bytes allowed.
        limit: u64,
    },
    /// The compressed stream is damaged or cut short.
    #[error(
        "the {compression} stream is damaged or cut short ({source}): copy the file again from \
         its source"
    )]
    Decompress {
        /// The format of the stream.
        compression: Compression,
        /// What the decompressor says.
        source: io::Error,
    },
    /// The file is compressed and this build of the crate cannot unpack it.
    #[error("the file is {0}-compressed: build `tfrecord-codec` with the feature `compression`")]
    CompressionDisabled(Compression),
    /// Random access, indexing and appending work on uncompressed files only.
    #[error(
        "the file is {0}-compressed, which rules out random access and appending: unpack it \
         first, for example with `tfrecord convert`"
    )]
    CompressedFile(Compression),
    /// The reader met an error before from which it cannot go on.
    #[error("reading stopped at an earlier error: open the file again to start over")]
    Stopped,
    /// A protobuf message is malformed.
    #[error("malformed protobuf message at its byte {offset}: {problem}")]
    Message {
        /// Offset inside the message, in bytes.
        offset: u64,
        /// What is wrong there.
        problem: Cow<'static, str>,
    },
    /// An example has more features, or an event more summaries, than
    /// [`Limits::max_features`](crate::Limits::max_features) allows.
    #[error(
        "the record has more than {limit} features: if the file is trusted, raise the limit with \
         `Limits::max_features`"
    )]
    TooManyFeatures {
        /// Features allowed.
        limit: usize,
    },
    /// An example lacks a feature.
    #[error("no feature named {name:?} (the example has: {present})")]
    FeatureMissing {
        /// The name asked for.
        name: String,
        /// The names that are there, sorted and shortened for display.
        present: String,
    },
    /// A feature has another type than the one asked for.
    #[error("feature {name:?} is of type {found}, not {wanted}")]
    FeatureType {
        /// The feature's name.
        name: String,
        /// The type it has.
        found: FeatureKind,
        /// The type asked for.
        wanted: FeatureKind,
    },
    /// A feature does not hold exactly one value although a single one was asked for.
    #[error("feature {name:?} holds {found} values where exactly one is wanted: read it as a list")]
    FeatureCount {
        /// The feature's name.
        name: String,
        /// The number of values it holds.
        found: usize,
    },
    /// An index does not belong to the file as it is now.
    #[error("the index is stale ({0}): build it again")]
    IndexStale(String),
    /// An index file is damaged or is not an index file.
    #[error("not a usable index file ({0}): delete it and build it again")]
    IndexFormat(String),
    /// There is no record of that number.
    #[error("there is no record {wanted}: the file has {len}, numbered from 0")]
    NoSuchRecord {
        /// The record asked for.
        wanted: usize,
        /// Records in the file.
        len: usize,
    },
}
