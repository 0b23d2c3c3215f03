//! Reading records one after another from any source of bytes.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

#[cfg(feature = "events")]
use crate::Limits;
use crate::buffered::Buffered;
use crate::compression::Decoder;
use crate::error::ErrorKind;
use crate::frame::{self, HEADER_LEN};
use crate::{Compression, Error, Result};

mod body;
mod options;

use body::read_body;
pub use options::ReaderOptions;

/// Reads records from any source of bytes, whole or compressed.
///
/// [`read_into`](Self::read_into) reuses one buffer and allocates nothing once it has grown;
/// [`records`](Self::records) is the convenient twin that allocates every record.
///
/// ```
/// use tfrecord_codec::{RecordReader, RecordWriter};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"one")?;
/// writer.write(b"three")?;
/// let file = writer.finish()?;
///
/// let mut reader = RecordReader::new(&file[..]);
/// let (mut record, mut bytes) = (Vec::new(), 0);
/// while reader.read_into(&mut record)? {
///     bytes += record.len();
/// }
/// assert_eq!(bytes, 8);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
///
/// After a damaged payload the reader stands at the next record, so the caller may go on. After
/// any other error it cannot know where the next record starts, and every later call ends in
/// [`ErrorKind::Stopped`].
pub struct RecordReader<R> {
    /// `None` only while the source is rebuilt, or for good if that failed.
    source: Option<Buffered<Decoder<R>>>,
    options: ReaderOptions,
    state: State,
    record: u64,
    offset: u64,
    path: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Start,
    Running,
    Stopped,
}

impl RecordReader<File> {
    /// Opens a file with the default options: compression detected, everything checked.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let mut reader = tfrecord_codec::RecordReader::open(&shard)?; // "one" and "three"
    /// assert_eq!(reader.records().collect::<Result<Vec<_>, _>>()?, [&b"one"[..], b"three"]);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        ReaderOptions::new().open(path)
    }
}

impl<R: Read> RecordReader<R> {
    /// Reads from any source of bytes with the default options; it need not be buffered.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let mut reader = tfrecord_codec::RecordReader::new(&file[..]); // "one" and "three"
    /// assert_eq!(reader.records().count(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn new(source: R) -> Self {
        ReaderOptions::new().read(source)
    }

    /// Reads the next payload into `record`, whose old content is replaced. `false` is the clean
    /// end of the input; `record` is empty then.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::RecordReader;
    ///
    /// // A file of the records "one" and "three".
    /// let (mut reader, mut record) = (RecordReader::new(&file[..]), Vec::new());
    /// assert!(reader.read_into(&mut record)?);
    /// assert_eq!(record, b"one");
    /// assert!(reader.read_into(&mut record)?);
    /// assert_eq!(record, b"three");
    /// assert!(!reader.read_into(&mut record)?);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If reading fails, or if the record is damaged, cut short or too long. The content of
    /// `record` is unspecified then.
    pub fn read_into(&mut self, record: &mut Vec<u8>) -> Result<bool> {
        if self.state != State::Running {
            self.start()?;
        }
        match self.read_frame(record) {
            Ok(true) => {
                self.advance(record.len());
                Ok(true)
            }
            Ok(false) => Ok(false),
            Err(kind) => Err(self.fail(kind, record.len())),
        }
    }

    /// The remaining records, each in a vector of its own. After an error from which the reader
    /// cannot go on, the iterator ends.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let mut reader = tfrecord_codec::RecordReader::new(&file[..]); // "one" and "three"
    /// assert_eq!(reader.records().next().transpose()?, Some(b"one".to_vec()));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn records(&mut self) -> Records<'_, R> {
        Records { reader: self }
    }

    /// The number of the next record, counted from 0.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let mut reader = tfrecord_codec::RecordReader::new(&file[..]); // "one" and "three"
    /// assert!(reader.read_into(&mut Vec::new())?);
    /// assert_eq!(reader.record_number(), 1);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn record_number(&self) -> u64 {
        self.record
    }

    /// The byte offset of the next record's frame. In a compressed file it counts unpacked bytes.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let mut reader = tfrecord_codec::RecordReader::new(&file[..]); // "one" and "three"
    /// assert!(reader.read_into(&mut Vec::new())?);
    /// assert_eq!(reader.offset(), 19);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn offset(&self) -> u64 {
        self.offset
    }

    /// The compression of the input: as detected once the first record was asked for, before
    /// that as set in the options.
    ///
    /// ```
    /// use tfrecord_codec::{Compression, RecordReader, WriterOptions};
    ///
    /// let options = WriterOptions::new().compression(Compression::Gzip);
    /// let file = options.write_to(Vec::new())?.finish()?;
    /// let mut reader = RecordReader::new(&file[..]);
    /// assert_eq!(reader.records().count(), 0);
    /// assert_eq!(reader.compression(), Compression::Gzip);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn compression(&self) -> Compression {
        self.options.compression.unwrap_or_default()
    }

    #[cfg(feature = "events")]
    pub(crate) fn limits(&self) -> &Limits {
        &self.options.limits
    }

    /// Looks at the first bytes and puts the right decoder in place.
    fn start(&mut self) -> Result<()> {
        if self.state == State::Stopped {
            return Err(self.at_record(ErrorKind::Stopped));
        }
        self.state = State::Running;
        self.detect().map_err(|kind| self.fail(kind, 0))
    }

    fn detect(&mut self) -> Result<(), ErrorKind> {
        let Some(mut source) = self.source.take() else { return Err(ErrorKind::Stopped) };
        let start = source.fill_to(HEADER_LEN)?;
        let compression = self.options.compression.unwrap_or_else(|| Compression::detect(start));
        self.options.compression = Some(compression);
        if compression != Compression::None {
            let (raw, ahead) = source.into_parts();
            let Some(raw) = raw.into_plain() else { return Err(ErrorKind::Stopped) };
            let decoder = Decoder::packed(raw, ahead, compression)?;
            source = Buffered::new(decoder, self.options.buffer_len);
        }
        self.source = Some(source);
        Ok(())
    }

    fn read_frame(&mut self, record: &mut Vec<u8>) -> Result<bool, ErrorKind> {
        let Some(source) = &mut self.source else { return Err(ErrorKind::Stopped) };
        let header = match source.fill_to(HEADER_LEN) {
            Ok([]) => {
                record.clear();
                return Ok(false);
            }
            Ok(header) => header,
            Err(error) => return Err(source.inner().explain(error)),
        };
        let length = match frame::parse_header(header, &self.options.limits) {
            Err(kind) if self.record == 0 => return Err(frame::explain_start(kind, header)),
            other => other?,
        };
        if self.options.compression != Some(Compression::None) {
            check_total(self.offset, length, self.options.limits.decompressed_len)?;
        }
        source.consume(HEADER_LEN);
        read_body(source, length, self.options.integrity, record)?;
        Ok(true)
    }

    /// Moves the position past a frame with this payload.
    fn advance(&mut self, payload: usize) {
        self.record += 1;
        self.offset += (payload + frame::OVERHEAD) as u64;
    }

    fn fail(&mut self, kind: ErrorKind, payload: usize) -> Error {
        let error = self.at_record(kind);
        if error.is_record_local() {
            self.advance(payload);
        } else {
            self.state = State::Stopped;
        }
        error
    }

    fn at_record(&self, kind: ErrorKind) -> Error {
        let error = Error::new(kind).with_record(self.record, self.offset);
        match &self.path {
            Some(path) => error.with_path(path),
            None => error,
        }
    }
}

/// Stops a compressed file from unpacking without end.
fn check_total(offset: u64, length: u64, limit: u64) -> Result<(), ErrorKind> {
    let end = offset.saturating_add(length).saturating_add(frame::OVERHEAD as u64);
    if end > limit {
        return Err(ErrorKind::DecompressedTooLong { limit });
    }
    Ok(())
}

/// The iterator of [`RecordReader::records`].
///
/// ```
/// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
/// # writer.write(b"one")?;
/// # writer.write(b"three")?;
/// # let file = writer.finish()?;
/// let mut reader = tfrecord_codec::RecordReader::new(&file[..]); // "one" and "three"
/// for record in reader.records() {
///     assert!(record?.len() <= 5);
/// }
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
pub struct Records<'r, R> {
    reader: &'r mut RecordReader<R>,
}

impl<R: Read> Iterator for Records<'_, R> {
    type Item = Result<Vec<u8>>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.reader.state == State::Stopped {
            return None;
        }
        let mut record = Vec::new();
        match self.reader.read_into(&mut record) {
            Ok(true) => Some(Ok(record)),
            Ok(false) => None,
            Err(error) => Some(Err(error)),
        }
    }
}

impl<R> std::fmt::Debug for RecordReader<R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordReader")
            .field("path", &self.path)
            .field("record", &self.record)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
