//! Writing records to anything that takes bytes.

use std::fs::File;
use std::io::{BufWriter, IntoInnerError, Write};
use std::path::{Path, PathBuf};

use crate::append::{self, Recovered};
use crate::compression::Encoder;
use crate::frame;
use crate::{Error, Result};

mod options;

pub use options::WriterOptions;

/// Writes records to anything that takes bytes.
///
/// Call [`finish`](Self::finish): dropping the writer also writes what is buffered, but nobody
/// learns of a full disk then.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("train-00000-of-00001");
/// use tfrecord_codec::{ExampleBuilder, RecordReader, RecordWriter};
///
/// let mut writer = RecordWriter::create(&path)?;
/// writer.write(&ExampleBuilder::new().int64("image/class/label", 7).build())?;
/// writer.finish()?.sync_all()?;
/// assert_eq!(RecordReader::open(&path)?.records().count(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct RecordWriter<W: Write> {
    sink: BufWriter<Encoder<W>>,
    records: u64,
    offset: u64,
    path: Option<PathBuf>,
}

impl RecordWriter<File> {
    /// Creates an uncompressed file, or empties it if it exists. Errors then name it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// use tfrecord_codec::{RecordReader, RecordWriter};
    ///
    /// let mut writer = RecordWriter::create(&path)?;
    /// writer.write(b"payload")?;
    /// writer.finish()?;
    /// assert_eq!(RecordReader::open(&path)?.records().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn create(path: impl AsRef<Path>) -> Result<Self> {
        WriterOptions::new().create(path)
    }

    /// Opens an uncompressed file, cuts what an interrupted writer left after its last whole
    /// record, and goes on after that record. [`Recovered`] says what was there and what was cut.
    ///
    /// Only an incomplete end is cut. Damage before it is an error and leaves the file as it is.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// use tfrecord_codec::{RecordReader, RecordWriter, frame};
    ///
    /// let mut torn = frame::header(5).to_vec();
    /// torn.extend_from_slice(b"wh"); // the writer was killed here
    /// std::fs::write(&path, &torn)?;
    ///
    /// let (mut writer, recovered) = RecordWriter::append(&path)?;
    /// assert_eq!((recovered.records(), recovered.cut_bytes()), (0, 14));
    /// writer.write(b"whole")?;
    /// writer.finish()?;
    /// assert_eq!(RecordReader::open(&path)?.records().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read and written, is compressed, or is damaged before its end.
    pub fn append(path: impl AsRef<Path>) -> Result<(Self, Recovered)> {
        let path = path.as_ref();
        let (file, recovered) = append::open(path).map_err(|error| error.with_path(path))?;
        let mut writer = Self::from_encoder(Encoder::Plain(file));
        writer.path = Some(path.to_path_buf());
        (writer.records, writer.offset) = (recovered.records(), recovered.kept_bytes());
        Ok((writer, recovered))
    }
}

impl<W: Write> RecordWriter<W> {
    /// Writes uncompressed records to anything; it need not be buffered.
    ///
    /// ```
    /// let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// writer.write(b"payload")?;
    /// assert_eq!(writer.finish()?.len(), 23);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn new(sink: W) -> Self {
        Self::from_encoder(Encoder::Plain(sink))
    }

    fn from_encoder(encoder: Encoder<W>) -> Self {
        let sink = BufWriter::with_capacity(1 << 16, encoder);
        Self { sink, records: 0, offset: 0, path: None }
    }

    /// Writes one record. Its bytes may stay in a buffer until [`flush`](Self::flush).
    ///
    /// ```
    /// use tfrecord_codec::{RecordWriter, slice};
    ///
    /// let mut writer = RecordWriter::new(Vec::new());
    /// writer.write(b"")?; // a record may be empty
    /// writer.write(b"payload")?;
    /// assert_eq!(slice::records(&writer.finish()?).count(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the sink fails; the record may then be there in part.
    pub fn write(&mut self, payload: &[u8]) -> Result<()> {
        let written = self.write_frame(payload);
        written.map_err(|error| self.at_record(error))?;
        self.records += 1;
        self.offset += (payload.len() + frame::OVERHEAD) as u64;
        Ok(())
    }

    fn write_frame(&mut self, payload: &[u8]) -> std::io::Result<()> {
        self.sink.write_all(&frame::header(payload.len() as u64))?;
        self.sink.write_all(payload)?;
        self.sink.write_all(&frame::footer(payload))
    }

    /// Hands everything written so far to the sink and flushes it. In a compressed file this
    /// costs compression.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// use tfrecord_codec::{RecordReader, RecordWriter};
    ///
    /// let mut writer = RecordWriter::create(&path)?;
    /// writer.write(b"payload")?;
    /// writer.flush()?; // others can read it now, while the writer is open
    /// assert_eq!(RecordReader::open(&path)?.records().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the sink fails.
    pub fn flush(&mut self) -> Result<()> {
        let flushed = self.sink.flush();
        flushed.map_err(|error| self.at_record(error))
    }

    /// Writes everything, ends the compressed stream if there is one, flushes and returns the
    /// sink.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// use tfrecord_codec::RecordWriter;
    ///
    /// let mut writer = RecordWriter::create(&path)?;
    /// writer.write(b"payload")?;
    /// let file: std::fs::File = writer.finish()?;
    /// file.sync_all()?; // it is on the disk even if the machine fails now
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the sink fails.
    pub fn finish(self) -> Result<W> {
        let Self { sink, records, offset, path } = self;
        let finish = || {
            let mut sink = sink.into_inner().map_err(IntoInnerError::into_error)?.finish()?;
            sink.flush()?;
            Ok(sink)
        };
        finish().map_err(|error| at_record(error, records, offset, path.as_deref()))
    }

    /// The number of records written, in an appended file those before included.
    ///
    /// ```
    /// let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// writer.write(b"payload")?;
    /// assert_eq!(writer.records(), 1);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn records(&self) -> u64 {
        self.records
    }

    /// The byte offset of the next frame. In a compressed file it counts unpacked bytes.
    ///
    /// ```
    /// let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// writer.write(b"payload")?;
    /// assert_eq!(writer.offset(), 23);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn offset(&self) -> u64 {
        self.offset
    }

    fn at_record(&self, error: std::io::Error) -> Error {
        at_record(error, self.records, self.offset, self.path.as_deref())
    }
}

fn at_record(error: std::io::Error, record: u64, offset: u64, path: Option<&Path>) -> Error {
    let error = Error::from(error).with_record(record, offset);
    match path {
        Some(path) => error.with_path(path),
        None => error,
    }
}

impl<W: Write> std::fmt::Debug for RecordWriter<W> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("RecordWriter")
            .field("path", &self.path)
            .field("records", &self.records)
            .field("offset", &self.offset)
            .finish_non_exhaustive()
    }
}
