//! What can go wrong, and where in the input it went wrong.

use std::borrow::Cow;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

mod kind;

pub use kind::{ErrorKind, FramePart};

/// The result of every fallible operation of this crate.
///
/// ```
/// fn label(record: &[u8]) -> tfrecord_codec::Result<i64> {
///     tfrecord_codec::Example::parse(record)?.int64("image/class/label")
/// }
/// assert!(label(b"no example").is_err());
/// ```
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// An error: what happened ([`ErrorKind`]) and where (path, record number, byte offset).
///
/// Its text holds all of that and what to do next, so it can be shown to a person as it is:
///
/// ```
/// use tfrecord_codec::{RecordReader, RecordWriter};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"first")?;
/// writer.write(b"second")?;
/// let mut file = writer.finish()?;
/// file[40] ^= 1; // one flipped bit in the second payload
///
/// let error = RecordReader::new(&file[..]).records().find_map(Result::err).expect("damaged");
/// assert_eq!((error.record(), error.offset()), (Some(1), Some(21)));
/// assert!(error.to_string().starts_with("record 1 at byte 21: payload checksum does not match"));
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Debug)]
pub struct Error(Box<Inner>);

#[derive(Debug)]
struct Inner {
    kind: ErrorKind,
    path: Option<PathBuf>,
    record: Option<u64>,
    offset: Option<u64>,
}

impl Error {
    /// An error of this kind at no particular place.
    pub(crate) fn new(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, path: None, record: None, offset: None }))
    }

    /// A malformed protobuf message.
    pub(crate) fn message(offset: usize, problem: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorKind::Message { offset: offset as u64, problem: problem.into() })
    }

    /// Adds the file in which it happened, replacing any that is there.
    ///
    /// Use it to say which file an [`Example`](crate::Example) came from:
    ///
    /// ```
    /// let error = tfrecord_codec::Example::parse(b"\x0a\x05").expect_err("it is cut short");
    /// let error = error.with_path("shard-3").with_record(7, 4096);
    /// assert_eq!(
    ///     error.to_string(),
    ///     "shard-3: record 7 at byte 4096: malformed protobuf message at its byte 1: a field of 5 \
    ///      bytes where only 0 are left"
    /// );
    /// ```
    #[must_use]
    pub fn with_path(mut self, path: impl AsRef<Path>) -> Self {
        self.0.path = Some(path.as_ref().to_path_buf());
        self
    }

    /// Adds the record's number (from 0) and the byte offset of its frame in the file.
    ///
    /// ```
    /// let error = tfrecord_codec::Example::parse(b"\x0a\x05").expect_err("it is cut short");
    /// let error = error.with_record(7, 4096);
    /// assert_eq!((error.record(), error.offset()), (Some(7), Some(4096)));
    /// ```
    #[must_use]
    pub fn with_record(mut self, record: u64, offset: u64) -> Self {
        self.0.record = Some(record);
        self.0.offset = Some(offset);
        self
    }

    /// What happened.
    ///
    /// ```
    /// use tfrecord_codec::{ErrorKind, slice};
    ///
    /// let error = slice::records(b"\x05\0\0").find_map(Result::err).expect("it is cut short");
    /// assert!(matches!(error.kind(), ErrorKind::Truncated { needed: 12, found: 3, .. }));
    /// ```
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// The file in which it happened, if the input was a file.
    ///
    /// ```
    /// let error = tfrecord_codec::RecordReader::open("no/such/file").expect_err("there is none");
    /// assert_eq!(error.path(), Some("no/such/file".as_ref()));
    /// ```
    pub fn path(&self) -> Option<&Path> {
        self.0.path.as_deref()
    }

    /// The number of the record, counted from 0, if it happened at one.
    ///
    /// ```
    /// use tfrecord_codec::{frame, slice};
    ///
    /// let file = [&frame::header(0)[..], &frame::footer(b""), b"\0"].concat();
    /// let error = slice::records(&file).find_map(Result::err);
    /// assert_eq!(error.expect("a byte too much").record(), Some(1));
    /// ```
    pub fn record(&self) -> Option<u64> {
        self.0.record
    }

    /// The byte offset of that record's frame. In a compressed file it counts unpacked bytes.
    ///
    /// ```
    /// use tfrecord_codec::{frame, slice};
    ///
    /// let file = [&frame::header(0)[..], &frame::footer(b""), b"\0"].concat();
    /// let error = slice::records(&file).find_map(Result::err);
    /// assert_eq!(error.expect("a byte too much").offset(), Some(16));
    /// ```
    pub fn offset(&self) -> Option<u64> {
        self.0.offset
    }

    /// True if the operating system reported it: the file may be fine and a retry may help.
    ///
    /// ```
    /// use tfrecord_codec::{RecordReader, slice};
    ///
    /// assert!(RecordReader::open("no/such/file").expect_err("there is none").is_io());
    /// let error = slice::records(b"cut").find_map(Result::err).expect("it is cut short");
    /// assert!(!error.is_io());
    /// ```
    pub fn is_io(&self) -> bool {
        matches!(self.0.kind, ErrorKind::Io(_))
    }

    /// True if only this record's payload is damaged or malformed, so that a reader can go on
    /// with the next record.
    ///
    /// ```
    /// use tfrecord_codec::{RecordReader, RecordWriter};
    ///
    /// let mut writer = RecordWriter::new(Vec::new());
    /// writer.write(b"one")?;
    /// writer.write(b"two")?;
    /// let mut file = writer.finish()?;
    /// file[12] ^= 1; // the first byte of "one"
    ///
    /// let (mut reader, mut record) = (RecordReader::new(&file[..]), Vec::new());
    /// let error = reader.read_into(&mut record).expect_err("the payload is damaged");
    /// assert!(error.is_record_local());
    /// assert!(reader.read_into(&mut record)? && record == b"two");
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn is_record_local(&self) -> bool {
        use ErrorKind::{
            FeatureCount, FeatureMissing, FeatureType, Message, PayloadChecksum, TooManyFeatures,
        };
        matches!(
            self.0.kind,
            PayloadChecksum { .. }
                | Message { .. }
                | TooManyFeatures { .. }
                | FeatureMissing { .. }
                | FeatureType { .. }
                | FeatureCount { .. }
        )
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(path) = &self.0.path {
            write!(f, "{}: ", path.display())?;
        }
        match (self.0.record, self.0.offset) {
            (Some(record), Some(offset)) => write!(f, "record {record} at byte {offset}: ")?,
            (Some(record), None) => write!(f, "record {record}: ")?,
            (None, Some(offset)) => write!(f, "byte {offset}: ")?,
            (None, None) => {}
        }
        self.0.kind.fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match &self.0.kind {
            // Their own text is part of ours already.
            ErrorKind::Io(source) | ErrorKind::Decompress { source, .. } => source.source(),
            _ => None,
        }
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<io::Error> for ErrorKind {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        Self::new(ErrorKind::Io(error))
    }
}
