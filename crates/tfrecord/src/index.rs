//! Where each record of an uncompressed file starts.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN, HEADER_LEN};
use crate::positioned::Positioned;
use crate::{Error, Limits, Result};

mod stamp;
mod storage;
pub(crate) mod walk;

pub(crate) use stamp::Stamp;
use walk::Walk;

/// The place of one record in its file.
///
/// ```
/// use tfrecord_codec::RecordSpan;
///
/// let span = RecordSpan { offset: 19, length: 5 };
/// assert_eq!((span.payload_offset(), span.end()), (31, 40));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RecordSpan {
    /// Byte offset of the frame.
    pub offset: u64,
    /// Bytes of the payload.
    pub length: u64,
}

impl RecordSpan {
    /// Byte offset of the payload.
    ///
    /// ```
    /// let span = tfrecord_codec::RecordSpan { offset: 0, length: 5 };
    /// assert_eq!(span.payload_offset(), 12);
    /// ```
    pub fn payload_offset(self) -> u64 {
        self.offset + HEADER_LEN as u64
    }

    /// Byte offset after the frame.
    ///
    /// ```
    /// let span = tfrecord_codec::RecordSpan { offset: 0, length: 5 };
    /// assert_eq!(span.end(), 21);
    /// ```
    pub fn end(self) -> u64 {
        self.offset + self.length + frame::OVERHEAD as u64
    }

    /// Bytes of the payload and its checksum, as this machine counts memory.
    pub(crate) fn body_len(self) -> Result<usize> {
        match usize::try_from(self.length + FOOTER_LEN as u64) {
            Ok(len) => Ok(len),
            Err(_) => {
                let limit = usize::MAX as u64;
                Err(ErrorKind::RecordTooLong { length: self.length, limit }.into())
            }
        }
    }
}

/// Where each record of an uncompressed file starts, found by reading the headers only.
///
/// It can be kept beside the file ([`save`](Self::save), [`load`](Self::load)) and knows whether
/// the file has changed since ([`verify`](Self::verify)). Clones share their memory.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let shard = dir.path().join("train-00000-of-00001");
/// use tfrecord_codec::{RecordIndex, RecordWriter};
///
/// let mut writer = RecordWriter::create(&shard)?;
/// writer.write(b"one")?;
/// writer.write(b"three")?;
/// writer.finish()?;
///
/// let index = RecordIndex::build(&shard)?;
/// assert_eq!(index.len(), 2);
/// assert_eq!((index.span(1).offset, index.span(1).length), (19, 5));
///
/// let beside = RecordIndex::path_for(&shard);
/// index.save(&beside)?;
/// let loaded = RecordIndex::load(&beside)?;
/// loaded.verify(&shard)?;
/// assert_eq!(loaded, index);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RecordIndex {
    /// Offset after each frame: frames lie back to back, so each starts where the last ends.
    /// Shared by all clones: whoever opens the file anew needs no copy.
    ends: Arc<[u64]>,
    stamp: Stamp,
}

impl RecordIndex {
    /// Walks the frames of a file, reading only headers: payloads may be damaged unnoticed, but
    /// every length is verified and the last record is whole.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let index = tfrecord_codec::RecordIndex::build(&shard)?; // of a shard of two records
    /// assert_eq!(index.len(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, is compressed, is damaged in a header or is cut short.
    pub fn build(path: impl AsRef<Path>) -> Result<Self> {
        Self::build_with(path, Limits::default())
    }

    /// Like [`build`](Self::build), with other limits.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{ErrorKind, Limits, RecordIndex};
    ///
    /// // A shard of the records "one" and "three".
    /// let error = RecordIndex::build_with(&shard, Limits::default().max_record_len(4));
    /// let error = error.expect_err("the second record is longer");
    /// assert!(matches!(error.kind(), ErrorKind::RecordTooLong { length: 5, limit: 4 }));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`build`](Self::build).
    pub fn build_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self> {
        let path = path.as_ref();
        let build = || Self::of_file(File::open(path)?, limits).map(|(index, _)| index);
        build().map_err(|error: Error| error.with_path(path))
    }

    /// Indexes an open file and hands it back for reading.
    pub(crate) fn of_file(file: File, limits: Limits) -> Result<(Self, Positioned)> {
        let stamp = Stamp::of(&file.metadata()?)?;
        let file = Positioned::new(file);
        let mut walk = Walk::new(&file, stamp.len, limits)?;
        let mut ends = Vec::new();
        while walk.next_span()?.is_some() {
            ends.push(walk.offset());
        }
        Ok((Self { ends: ends.into(), stamp }, file))
    }

    /// Refuses records that are longer than allowed, as building the index would have done.
    pub(crate) fn check(&self, limits: &Limits) -> Result<()> {
        let limit = limits.record_len;
        match self.spans().zip(0..).find(|(span, _)| span.length > limit) {
            Some((RecordSpan { offset, length }, n)) => {
                let kind = ErrorKind::RecordTooLong { length, limit };
                Err(Error::new(kind).with_record(n, offset))
            }
            None => Ok(()),
        }
    }

    /// The number of records.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// assert_eq!(tfrecord_codec::RecordIndex::build(&shard)?.len(), 2); // a shard of two records
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// True if the file has no records.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// std::fs::write(&shard, b"")?;
    /// assert!(tfrecord_codec::RecordIndex::build(&shard)?.is_empty());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// The place of record `n`, counted from 0.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{RecordIndex, RecordSpan};
    ///
    /// let index = RecordIndex::build(&shard)?; // of the records "one" and "three"
    /// assert_eq!(index.span(1), RecordSpan { offset: 19, length: 5 });
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Panics
    /// If there is no such record; [`get`](Self::get) is the form that does not.
    pub fn span(&self, n: usize) -> RecordSpan {
        match self.get(n) {
            Some(span) => span,
            None => panic!("there is no record {n}: the index has {}", self.len()),
        }
    }

    /// The place of record `n`, counted from 0, if there is one.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{RecordIndex, RecordSpan};
    ///
    /// let index = RecordIndex::build(&shard)?; // of the records "one" and "three"
    /// assert_eq!(index.get(0), Some(RecordSpan { offset: 0, length: 3 }));
    /// assert_eq!(index.get(2), None);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn get(&self, n: usize) -> Option<RecordSpan> {
        let end = *self.ends.get(n)?;
        let offset = n.checked_sub(1).map_or(0, |before| self.ends[before]);
        Some(RecordSpan { offset, length: end - offset - frame::OVERHEAD as u64 })
    }

    /// The places of all records in order.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let index = tfrecord_codec::RecordIndex::build(&shard)?; // of the records "one" and "three"
    /// assert_eq!(index.spans().map(|span| span.length).collect::<Vec<_>>(), [3, 5]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn spans(&self) -> impl ExactSizeIterator<Item = RecordSpan> + '_ {
        (0..self.len()).map(|n| self.span(n))
    }

    /// Checks that the file still has the length and the modification time it was indexed with.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let index = tfrecord_codec::RecordIndex::build(&shard)?;
    /// index.verify(&shard)?;
    /// std::fs::write(&shard, b"")?;
    /// let error = index.verify(&shard).expect_err("the shard has changed");
    /// assert!(error.to_string().contains("the index is stale"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::IndexStale`] if it has not, or if it cannot be looked at.
    pub fn verify(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        let verify = || self.stamp.verify(&std::fs::metadata(path)?);
        verify().map_err(|error| error.with_path(path))
    }

    /// The customary place of a file's index: its own name with `.idx` appended.
    ///
    /// ```
    /// use tfrecord_codec::RecordIndex;
    ///
    /// assert_eq!(RecordIndex::path_for("data/train-0").to_str(), Some("data/train-0.idx"));
    /// ```
    pub fn path_for(shard: impl AsRef<Path>) -> PathBuf {
        let mut name = shard.as_ref().as_os_str().to_os_string();
        name.push(".idx");
        PathBuf::from(name)
    }

    pub(crate) fn stamp(&self) -> &Stamp {
        &self.stamp
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::RecordIndex;

    #[test]
    fn clones_share_their_memory() {
        let dir = tempfile::tempdir().expect("a folder");
        let path = dir.path().join("shard");
        let mut writer = crate::RecordWriter::create(&path).expect("writable");
        writer.write(b"one").expect("written");
        writer.finish().expect("written");
        let index = RecordIndex::build(&path).expect("whole");
        let opened = crate::IndexedFile::with_index(&path, index.clone()).expect("fresh");
        assert!(Arc::ptr_eq(&index.ends, &opened.index().ends));
    }
}
