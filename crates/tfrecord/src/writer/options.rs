//! How to write.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use super::RecordWriter;
use crate::compression::Encoder;
use crate::{Compression, Error, Result};

/// How to write: compression and its level. Then [`create`](Self::create) a file or
/// [`write_to`](Self::write_to) anything.
///
/// ```
/// use tfrecord_codec::{Compression, RecordReader, WriterOptions};
///
/// let options = WriterOptions::new().compression(Compression::Gzip).level(9);
/// let mut writer = options.write_to(Vec::new())?;
/// writer.write(b"payload")?;
/// let file = writer.finish()?;
/// assert_eq!(RecordReader::new(&file[..]).records().next().transpose()?.as_deref(), Some(&b"payload"[..]));
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug)]
pub struct WriterOptions {
    compression: Compression,
    level: u32,
}

impl Default for WriterOptions {
    /// Uncompressed; level 6 once a compression is chosen.
    fn default() -> Self {
        Self { compression: Compression::None, level: 6 }
    }
}

impl WriterOptions {
    /// The defaults.
    ///
    /// ```
    /// use tfrecord_codec::{RecordWriter, WriterOptions};
    ///
    /// // What `RecordWriter::new` does, too.
    /// let mut writer: RecordWriter<Vec<u8>> = WriterOptions::new().write_to(Vec::new())?;
    /// writer.write(b"payload")?;
    /// assert_eq!(writer.finish()?.len(), 23);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Packs the whole file. Compressed files have no random access, and JPEG does not shrink.
    ///
    /// ```
    /// use tfrecord_codec::{Compression, WriterOptions};
    ///
    /// let mut writer = WriterOptions::new().compression(Compression::Gzip).write_to(Vec::new())?;
    /// writer.write(&[0; 100_000])?;
    /// let file = writer.finish()?;
    /// assert!(file.starts_with(b"\x1f\x8b") && file.len() < 1000);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = compression;
        self
    }

    /// The effort of the compression, 0 (store) to 9 (smallest).
    ///
    /// ```
    /// use tfrecord_codec::{Compression, WriterOptions};
    ///
    /// let zlib = WriterOptions::new().compression(Compression::Zlib);
    /// let len = |level| {
    ///     let mut writer = zlib.level(level).write_to(Vec::new())?;
    ///     writer.write(&[0; 100_000])?;
    ///     Ok::<_, tfrecord_codec::Error>(writer.finish()?.len())
    /// };
    /// assert!(len(9)? < len(0)?);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn level(mut self, level: u32) -> Self {
        self.level = level;
        self
    }

    /// Creates a file, or empties it if it exists. Errors then name it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard.gz");
    /// use tfrecord_codec::{Compression, RecordReader, WriterOptions};
    ///
    /// let mut writer = WriterOptions::new().compression(Compression::Gzip).create(&path)?;
    /// writer.write(b"payload")?;
    /// writer.finish()?;
    /// assert_eq!(RecordReader::open(&path)?.records().count(), 1);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be created, or if the compression is not built in.
    pub fn create(self, path: impl AsRef<Path>) -> Result<RecordWriter<File>> {
        self.to_file(path.as_ref(), File::create(path.as_ref()))
    }

    /// Creates a file that must not exist yet. Errors then name it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// use tfrecord_codec::WriterOptions;
    ///
    /// WriterOptions::new().create_new(&path)?.finish()?;
    /// let error = WriterOptions::new().create_new(&path).expect_err("it is there");
    /// assert!(error.is_io() && error.path() == Some(&path));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file exists or cannot be created, or if the compression is not built in.
    pub fn create_new(self, path: impl AsRef<Path>) -> Result<RecordWriter<File>> {
        self.to_file(path.as_ref(), File::create_new(path.as_ref()))
    }

    /// Writes to anything; it need not be buffered.
    ///
    /// ```
    /// let mut writer = tfrecord_codec::WriterOptions::new().write_to(std::io::sink())?;
    /// writer.write(b"payload")?;
    /// assert_eq!(writer.records(), 1);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the compression is not built in.
    pub fn write_to<W: Write>(self, sink: W) -> Result<RecordWriter<W>> {
        let encoder = Encoder::new(sink, self.compression, self.level)?;
        Ok(RecordWriter::from_encoder(encoder))
    }

    fn to_file(self, path: &Path, file: std::io::Result<File>) -> Result<RecordWriter<File>> {
        let file = file.map_err(|error| Error::from(error).with_path(path))?;
        let mut writer = self.write_to(file).map_err(|error| error.with_path(path))?;
        writer.path = Some(path.to_path_buf());
        Ok(writer)
    }
}
