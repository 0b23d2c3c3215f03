//! Reading event files.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use super::Event;
use crate::{Error, RecordReader, Result};

/// Reads the events of a file in order.
///
/// A file that is still being written may end inside a record: that is an error of kind
/// [`Truncated`](crate::ErrorKind::Truncated) like any other, and the events before it are whole.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use tfrecord_codec::events::{EventReader, EventWriter};
///
/// let mut writer = EventWriter::create(dir.path())?;
/// writer.scalar("loss", 5, 0.5)?;
/// writer.flush()?;
/// for event in EventReader::open(writer.path())? {
///     let event = event?;
///     for summary in &event.summaries {
///         assert_eq!((event.step, summary.tag.as_str()), (5, "loss"));
///     }
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct EventReader<R> {
    records: RecordReader<R>,
    record: Vec<u8>,
    path: Option<PathBuf>,
    failed: bool,
}

impl EventReader<File> {
    /// Opens a file.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter};
    ///
    /// let writer = EventWriter::create(dir.path())?;
    /// let first = EventReader::open(writer.path())?.next().transpose()?.expect("the version");
    /// assert_eq!(first.file_version.as_deref(), Some("brain.Event:2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let reader = Self::new(RecordReader::open(path)?);
        Ok(Self { path: Some(path.to_path_buf()), ..reader })
    }
}

impl<R: Read> EventReader<R> {
    /// Reads the events in these records, within their limits.
    ///
    /// ```
    /// use tfrecord_codec::events::{Event, EventReader};
    /// use tfrecord_codec::{RecordReader, RecordWriter};
    ///
    /// let mut writer = RecordWriter::new(Vec::new());
    /// writer.write(&Event::new(0.0, 5).encode())?;
    /// let file = writer.finish()?;
    /// let events = EventReader::new(RecordReader::new(&file[..]));
    /// assert_eq!(events.collect::<Result<Vec<_>, _>>()?, [Event::new(0.0, 5)]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn new(records: RecordReader<R>) -> Self {
        Self { records, record: Vec::new(), path: None, failed: false }
    }

    fn read(&mut self) -> Result<Option<Event>> {
        let (number, offset) = (self.records.record_number(), self.records.offset());
        if !self.records.read_into(&mut self.record)? {
            return Ok(None);
        }
        let event = Event::parse_with(&self.record, self.records.limits());
        event.map(Some).map_err(|error| self.locate(error.with_record(number, offset)))
    }

    fn locate(&self, error: Error) -> Error {
        match &self.path {
            Some(path) => error.with_path(path),
            None => error,
        }
    }
}

impl<R: Read> Iterator for EventReader<R> {
    type Item = Result<Event>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let event = self.read();
        // Damage inside one record leaves the next ones readable.
        self.failed = matches!(&event, Err(error) if !error.is_record_local());
        event.transpose()
    }
}
