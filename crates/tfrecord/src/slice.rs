//! Records of a file that is already in memory, without copying: a read or mapped file.
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let path = dir.path().join("shard");
//! # let mut writer = tfrecord_codec::RecordWriter::create(&path)?;
//! # writer.write(b"one")?;
//! # writer.write(b"three")?;
//! # writer.finish()?;
//! let file = std::fs::read(&path)?; // a file of the records "one" and "three"
//! let records = tfrecord_codec::slice::records(&file).collect::<Result<Vec<&[u8]>, _>>()?;
//! assert_eq!(records, [&b"one"[..], b"three"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN, HEADER_LEN, OVERHEAD};
use crate::{Compression, Error, Integrity, Limits, Result};

/// The records of an uncompressed file with default limits and everything checked.
///
/// ```
/// use tfrecord_codec::{RecordWriter, slice};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"payload")?;
/// let file = writer.finish()?;
/// for record in slice::records(&file) {
///     assert_eq!(record?, b"payload");
/// }
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
pub fn records(file: &[u8]) -> Records<'_> {
    Records::new(file)
}

/// The iterator of [`records`]. It goes on after a damaged payload and ends after any other
/// error.
///
/// ```
/// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
/// # writer.write(b"one")?;
/// # writer.write(b"three")?;
/// # let file = writer.finish()?;
/// let mut records = tfrecord_codec::slice::records(&file); // "one" and "three"
/// assert_eq!(records.next().transpose()?, Some(&b"one"[..]));
/// assert_eq!(records.offset(), 19);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Records<'a> {
    rest: &'a [u8],
    limits: Limits,
    integrity: Integrity,
    record: u64,
    offset: u64,
}

impl<'a> Records<'a> {
    fn new(file: &'a [u8]) -> Self {
        let (limits, integrity) = (Limits::default(), Integrity::Full);
        Self { rest: file, limits, integrity, record: 0, offset: 0 }
    }

    /// Other limits.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::{Limits, slice};
    ///
    /// let limits = Limits::default().max_record_len(4);
    /// let mut records = slice::records(&file).limits(limits); // "one" and "three"
    /// assert!(records.next().is_some_and(|record| record.is_ok()));
    /// assert!(records.next().is_some_and(|record| record.is_err()));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// Other checks.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::{Integrity, slice};
    ///
    /// # let mut file = file;
    /// file[12] ^= 1; // the first byte of "one"
    /// let mut records = slice::records(&file).integrity(Integrity::LengthOnly);
    /// assert_eq!(records.next().transpose()?, Some(&b"nne"[..]));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.integrity = integrity;
        self
    }

    /// The byte offset of the next frame.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let mut records = tfrecord_codec::slice::records(&file); // "one" and "three"
    /// let offsets = std::iter::from_fn(|| {
    ///     let offset = records.offset();
    ///     records.next().map(|_| offset)
    /// });
    /// assert_eq!(offsets.collect::<Vec<_>>(), [0, 19]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The length of the frame at the start of `rest`, whole.
    fn frame_len(&self) -> Result<usize, ErrorKind> {
        let length = frame::parse_header(self.rest, &self.limits)?;
        let needed = length.saturating_add(FOOTER_LEN as u64);
        let found = self.rest.len() - HEADER_LEN;
        match usize::try_from(needed) {
            Ok(needed) if needed <= found => Ok(HEADER_LEN + needed),
            _ => Err(frame::truncated_body(needed, found as u64)),
        }
    }

    fn explain(&self, kind: ErrorKind) -> ErrorKind {
        if self.record > 0 {
            return kind;
        }
        match Compression::detect(self.rest) {
            Compression::None => frame::explain_start(kind, self.rest),
            packed => ErrorKind::CompressedFile(packed),
        }
    }
}

impl<'a> Iterator for Records<'a> {
    type Item = Result<&'a [u8]>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let (record, offset) = (self.record, self.offset);
        let frame = match self.frame_len() {
            Ok(len) => &self.rest[..len],
            Err(kind) => {
                let kind = self.explain(kind);
                self.rest = &[];
                return Some(Err(Error::new(kind).with_record(record, offset)));
            }
        };
        self.rest = &self.rest[frame.len()..];
        self.record += 1;
        self.offset += frame.len() as u64;
        let payload = frame::check_body(&frame[HEADER_LEN..], self.integrity);
        Some(payload.map_err(|kind| Error::new(kind).with_record(record, offset)))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (usize::from(!self.rest.is_empty()), Some(self.rest.len().div_ceil(OVERHEAD)))
    }
}

impl std::iter::FusedIterator for Records<'_> {}
