//! How to read.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::{RecordReader, State};
use crate::buffered::Buffered;
use crate::compression::Decoder;
use crate::{Compression, Error, Integrity, Limits, Result};

/// How to read: limits, integrity, compression, buffer. Then [`open`](Self::open) a file or
/// [`read`](Self::read) from anything.
///
/// ```
/// use tfrecord_codec::{Compression, Integrity, Limits, ReaderOptions, RecordWriter};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"payload")?;
/// let file = writer.finish()?;
///
/// let options = ReaderOptions::new()
///     .limits(Limits::default().max_record_len(1 << 20))
///     .integrity(Integrity::LengthOnly)
///     .compression(Compression::None);
/// let records: Vec<_> = options.read(&file[..]).records().collect::<Result<_, _>>()?;
/// assert_eq!(records, [b"payload"]);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct ReaderOptions {
    pub(super) limits: Limits,
    pub(super) integrity: Integrity,
    pub(super) compression: Option<Compression>,
    pub(super) buffer_len: usize,
}

impl Default for ReaderOptions {
    /// All checks, all limits, compression detected, a buffer of 64 KiB.
    fn default() -> Self {
        let (limits, integrity) = (Limits::default(), Integrity::Full);
        Self { limits, integrity, compression: None, buffer_len: 1 << 16 }
    }
}

impl ReaderOptions {
    /// The defaults.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// assert_eq!(tfrecord_codec::ReaderOptions::new().read(&file[..]).records().count(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds on what the input may ask for.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::{Limits, ReaderOptions};
    ///
    /// let options = ReaderOptions::new().limits(Limits::default().max_record_len(4));
    /// let mut reader = options.read(&file[..]); // "one" and "three"
    /// assert!(reader.read_into(&mut Vec::new())?);
    /// assert!(reader.read_into(&mut Vec::new()).is_err());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How much of a record is checked.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::{Integrity, ReaderOptions};
    ///
    /// # let mut file = file;
    /// file[12] ^= 1; // the first byte of "one"
    /// let options = ReaderOptions::new().integrity(Integrity::LengthOnly);
    /// assert_eq!(options.read(&file[..]).records().next().transpose()?, Some(b"nne".to_vec()));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.integrity = integrity;
        self
    }

    /// Reads the input as this compression instead of detecting it.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// use tfrecord_codec::{Compression, ReaderOptions};
    ///
    /// // An uncompressed file, read as if it were compressed.
    /// let mut reader = ReaderOptions::new().compression(Compression::Gzip).read(&file[..]);
    /// assert!(reader.read_into(&mut Vec::new()).is_err());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Bytes of the read buffer, at least 4 KiB. Longer records are read past it.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// let options = tfrecord_codec::ReaderOptions::new().buffer_len(1 << 20);
    /// assert_eq!(options.read(&file[..]).records().count(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn buffer_len(mut self, bytes: usize) -> Self {
        self.buffer_len = bytes.max(1 << 12);
        self
    }

    /// Opens a file. Errors then name it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// let mut reader = tfrecord_codec::ReaderOptions::new().open(&shard)?; // "one" and "three"
    /// assert_eq!(reader.records().count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(self, path: impl AsRef<Path>) -> Result<RecordReader<File>> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|error| Error::from(error).with_path(path))?;
        let mut reader = self.read(file);
        reader.path = Some(path.to_path_buf());
        Ok(reader)
    }

    /// Reads from any source of bytes; it need not be buffered.
    ///
    /// ```
    /// # let mut writer = tfrecord_codec::RecordWriter::new(Vec::new());
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # let file = writer.finish()?;
    /// // Anything that is `Read`: a socket, standard input, or bytes in memory.
    /// let mut reader = tfrecord_codec::ReaderOptions::new().read(std::io::Cursor::new(file));
    /// assert_eq!(reader.records().count(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn read<R: Read>(self, source: R) -> RecordReader<R> {
        let source = Buffered::new(Decoder::Plain(source), self.buffer_len);
        let start = State::Start;
        RecordReader {
            source: Some(source),
            options: self,
            state: start,
            record: 0,
            offset: 0,
            path: None,
        }
    }
}
