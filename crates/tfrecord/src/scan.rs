//! Going through a damaged file: every whole record, and every place where there is none.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;
use crate::frame::HEADER_LEN;
use crate::{Compression, Error, Limits, ReaderOptions, RecordReader, RecordSpan, Result};

mod plain;

use plain::Plain;

/// What [`Scan::next_into`] came upon. [`Scan`] has an example.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let shard = dir.path().join("shard");
/// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
/// # writer.write(b"one")?;
/// # writer.write(b"three")?;
/// # writer.finish()?;
/// use tfrecord_codec::{Found, RecordSpan, Scan};
///
/// let (mut scan, mut record) = (Scan::open(&shard)?, Vec::new()); // "one" and "three"
/// match scan.next_into(&mut record)? {
///     Some(Found::Record(span)) => assert_eq!(span, RecordSpan { offset: 0, length: 3 }),
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub enum Found {
    /// A whole record, both checksums right.
    Record(RecordSpan),
    /// Bytes that are no whole record.
    Damage(Damage),
}

/// Bytes that are no whole record. [`Scan`] has an example.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let shard = dir.path().join("shard");
/// use tfrecord_codec::{ErrorKind, Found, Scan};
///
/// std::fs::write(&shard, b"\x05\0\0")?; // the start of a header
/// match Scan::open(&shard)?.next_into(&mut Vec::new())? {
///     Some(Found::Damage(damage)) => {
///         assert_eq!((damage.offset, damage.bytes), (0, 3));
///         assert!(matches!(damage.error.kind(), ErrorKind::Truncated { .. }));
///     }
///     other => panic!("{other:?}"),
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Damage {
    /// Where they start.
    pub offset: u64,
    /// How many bytes it takes to the next header that is right, or to the end of the file. In a
    /// compressed file, which cannot be read beyond damage to the stream, 0 stands for the
    /// unknown rest.
    pub bytes: u64,
    /// What is wrong, with the path, the number of records before and the offset.
    pub error: Error,
}

/// Goes through a file and past its damage: what `verify` and `repair` are made of.
///
/// A damaged payload costs one record. After a damaged length the next header is searched for
/// byte by byte; if payloads themselves hold TFRecord files, this can find records of theirs. A
/// damaged compressed stream ends the search.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("shard");
/// use tfrecord_codec::{Found, RecordWriter, Scan};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// for payload in ["one", "two", "three"] {
///     writer.write(payload.as_bytes())?;
/// }
/// let mut bytes = writer.finish()?;
/// bytes[19] ^= 1; // the length of "two"
/// std::fs::write(&path, &bytes)?;
///
/// let (mut scan, mut record, mut whole, mut lost) = (Scan::open(&path)?, Vec::new(), vec![], 0);
/// while let Some(found) = scan.next_into(&mut record)? {
///     match found {
///         Found::Record(_) => whole.push(record.clone()),
///         Found::Damage(damage) => lost += damage.bytes,
///     }
/// }
/// assert_eq!((whole, lost), (vec![b"one".to_vec(), b"three".to_vec()], 19));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scan {
    source: Source,
    path: PathBuf,
}

#[derive(Debug)]
enum Source {
    Plain(Plain),
    Packed(Box<RecordReader<File>>),
    Done,
}

impl Scan {
    /// Opens a file, detecting its compression, with the default limits.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let mut scan = tfrecord_codec::Scan::open(&shard)?; // "one" and "three"
    /// assert!(scan.next_into(&mut Vec::new())?.is_some());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened and looked at.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// Like [`open`](Self::open), with other limits.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{Found, Limits, Scan};
    ///
    /// // To a scan that takes 2 bytes at most, a record of 3 is damage.
    /// let mut scan = Scan::open_with(&shard, Limits::default().max_record_len(2))?;
    /// assert!(matches!(scan.next_into(&mut Vec::new())?, Some(Found::Damage(_))));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let source = Source::open(&path, limits).map_err(|error| error.with_path(&path))?;
        Ok(Self { source, path })
    }

    /// The next record, copied into `record`, or the next damage; `None` at the end of the file.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::Scan;
    ///
    /// let (mut scan, mut record) = (Scan::open(&shard)?, Vec::new()); // "one" and "three"
    /// assert!(scan.next_into(&mut record)?.is_some());
    /// assert_eq!(record, b"one");
    /// assert!(scan.next_into(&mut record)?.is_some());
    /// assert!(scan.next_into(&mut record)?.is_none());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the operating system cannot read the file. Damage is not an error here.
    pub fn next_into(&mut self, record: &mut Vec<u8>) -> Result<Option<Found>> {
        let found = match &mut self.source {
            Source::Plain(plain) => plain.next_into(record),
            Source::Packed(reader) => packed_next(reader, record),
            Source::Done => Ok(None),
        };
        let mut found = found.map_err(|error| error.with_path(&self.path))?;
        if let Some(Found::Damage(damage)) = &mut found {
            if matches!(self.source, Source::Packed(_)) && !damage.error.is_record_local() {
                self.source = Source::Done;
            }
            let error = std::mem::replace(&mut damage.error, ErrorKind::Stopped.into());
            damage.error = error.with_path(&self.path);
        }
        Ok(found)
    }
}

impl Source {
    fn open(path: &Path, limits: Limits) -> Result<Self> {
        let plain = Plain::new(File::open(path)?, limits)?;
        let mut start = [0; HEADER_LEN];
        let start = plain.read_upto(&mut start, 0)?;
        Ok(match Compression::detect(start) {
            Compression::None => Self::Plain(plain),
            packed => {
                // A decompressor that fails gives up what it has unpacked in the same call, so
                // the calls are for little.
                let options = ReaderOptions::new().limits(limits).compression(packed).buffer_len(0);
                Self::Packed(Box::new(options.open(path)?))
            }
        })
    }
}

fn packed_next(reader: &mut RecordReader<File>, record: &mut Vec<u8>) -> Result<Option<Found>> {
    let offset = reader.offset();
    match reader.read_into(record) {
        Ok(true) => Ok(Some(Found::Record(RecordSpan { offset, length: record.len() as u64 }))),
        Ok(false) => Ok(None),
        Err(error) if error.is_io() => Err(error),
        Err(error) => {
            let bytes = reader.offset() - offset;
            Ok(Some(Found::Damage(Damage { offset, bytes, error })))
        }
    }
}
