//! How much an input may ask for.

/// Bounds on what an input can make the reader allocate or do, so that a damaged or hostile file
/// ends in an error. They are on by default; raise them for files you trust.
///
/// ```
/// use tfrecord_codec::{Limits, ReaderOptions};
///
/// let limits = Limits::default().max_record_len(1 << 30);
/// let mut reader = ReaderOptions::new().limits(limits).read(&b""[..]);
/// assert_eq!(reader.records().count(), 0);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    pub(crate) record_len: u64,
    pub(crate) features: usize,
    pub(crate) decompressed_len: u64,
}

impl Default for Limits {
    /// Records of at most 256 MiB, at most 65,536 features in one example, and at most 64 GiB
    /// from one compressed file.
    fn default() -> Self {
        Self { record_len: 256 << 20, features: 1 << 16, decompressed_len: 64 << 30 }
    }
}

impl Limits {
    /// No bounds at all: only for files you wrote yourself.
    ///
    /// ```
    /// use tfrecord_codec::{Limits, frame, slice};
    ///
    /// // 2^40 bytes are announced and none are there.
    /// let file = frame::header(1 << 40);
    /// let error = slice::records(&file).limits(Limits::none()).find_map(Result::err);
    /// assert!(error.expect("it is cut short").to_string().contains("the file ends inside"));
    /// ```
    pub fn none() -> Self {
        Self { record_len: u64::MAX, features: usize::MAX, decompressed_len: u64::MAX }
    }

    /// The longest payload of one record, in bytes.
    ///
    /// ```
    /// use tfrecord_codec::{ErrorKind, Limits, frame, slice};
    ///
    /// let limits = Limits::default().max_record_len(100);
    /// let error = slice::records(&frame::header(101)).limits(limits).find_map(Result::err);
    /// let error = error.expect("it is too long");
    /// assert!(matches!(error.kind(), ErrorKind::RecordTooLong { length: 101, limit: 100 }));
    /// ```
    #[must_use]
    pub fn max_record_len(mut self, bytes: u64) -> Self {
        self.record_len = bytes;
        self
    }

    /// The most features in one example, duplicates and, in a
    /// [`SequenceExample`](crate::SequenceExample), the steps of all lists included; and the most
    /// summaries, their byte strings included, in one TensorBoard event.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder, Limits};
    ///
    /// let record = ExampleBuilder::new().int64("a", 1).int64("b", 2).build();
    /// assert!(Example::parse_with(&record, &Limits::default().max_features(2)).is_ok());
    /// assert!(Example::parse_with(&record, &Limits::default().max_features(1)).is_err());
    /// ```
    #[must_use]
    pub fn max_features(mut self, features: usize) -> Self {
        self.features = features;
        self
    }

    /// The most bytes that one compressed file may unpack to. Unpacking streams, so this bounds
    /// time, not memory.
    ///
    /// ```
    /// use tfrecord_codec::{Compression, ErrorKind, Limits, ReaderOptions, WriterOptions};
    ///
    /// let mut writer = WriterOptions::new().compression(Compression::Gzip).write_to(Vec::new())?;
    /// writer.write(&[0; 100_000])?;
    /// let file = writer.finish()?; // some hundred bytes
    ///
    /// let options = ReaderOptions::new().limits(Limits::default().max_decompressed_len(50_000));
    /// let error = options.read(&file[..]).records().find_map(Result::err);
    /// let error = error.expect("it is too long");
    /// assert!(matches!(error.kind(), ErrorKind::DecompressedTooLong { limit: 50_000 }));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn max_decompressed_len(mut self, bytes: u64) -> Self {
        self.decompressed_len = bytes;
        self
    }
}

/// How much of a record is checked while reading.
///
/// ```
/// use tfrecord_codec::{Integrity, RecordWriter, slice};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"payload")?;
/// let mut file = writer.finish()?;
/// file[12] ^= 1; // the payload's first byte
/// assert!(slice::records(&file).all(|record| record.is_err()));
/// assert!(slice::records(&file).integrity(Integrity::LengthOnly).all(|record| record.is_ok()));
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Integrity {
    /// The checksums of the length and of the payload.
    #[default]
    Full,
    /// The checksum of the length only: the payload may be damaged unnoticed. For files that
    /// another layer has verified; the gain is small, because the checksum costs about 0.1 ns a
    /// byte.
    LengthOnly,
}
