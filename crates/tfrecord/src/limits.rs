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
    pub fn none() -> Self {
        Self { record_len: u64::MAX, features: usize::MAX, decompressed_len: u64::MAX }
    }

    /// The longest payload of one record, in bytes.
    #[must_use]
    pub fn max_record_len(mut self, bytes: u64) -> Self {
        self.record_len = bytes;
        self
    }

    /// The most features in one example, duplicates and, in a
    /// [`SequenceExample`](crate::SequenceExample), the steps of all lists included.
    #[must_use]
    pub fn max_features(mut self, features: usize) -> Self {
        self.features = features;
        self
    }

    /// The most bytes that one compressed file may unpack to. Unpacking streams, so this bounds
    /// time, not memory.
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
