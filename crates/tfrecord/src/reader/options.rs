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
    pub fn new() -> Self {
        Self::default()
    }

    /// Bounds on what the input may ask for.
    #[must_use]
    pub fn limits(mut self, limits: Limits) -> Self {
        self.limits = limits;
        self
    }

    /// How much of a record is checked.
    #[must_use]
    pub fn integrity(mut self, integrity: Integrity) -> Self {
        self.integrity = integrity;
        self
    }

    /// Reads the input as this compression instead of detecting it.
    #[must_use]
    pub fn compression(mut self, compression: Compression) -> Self {
        self.compression = Some(compression);
        self
    }

    /// Bytes of the read buffer, at least 4 KiB. Longer records are read past it.
    #[must_use]
    pub fn buffer_len(mut self, bytes: usize) -> Self {
        self.buffer_len = bytes.max(1 << 12);
        self
    }

    /// Opens a file. Errors then name it.
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
