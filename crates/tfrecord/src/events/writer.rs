//! Writing event files.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Instant;

use super::{Event, EventWriterOptions, HParam, Histogram, Image, SessionStatus, Summary, hparams};
use crate::error::ErrorKind;
use crate::{Error, RecordWriter, Result};

/// Writes a new event file for TensorBoard.
///
/// Events are flushed in batches ([`EventWriterOptions`]) and when the writer is dropped; call
/// [`flush`](Self::flush) to learn of a full disk.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use tfrecord_codec::events::{EventWriter, HParam, SessionStatus};
///
/// let mut writer = EventWriter::create(dir.path())?;
/// writer.hparams(&[("lr", HParam::Number(0.1))], &["val/top1"])?;
/// writer.text("notes", 0, "# A run")?;
/// writer.histogram("weights", 1, [0.1, -0.2, 0.3])?;
/// writer.scalar("val/top1", 1, 0.76)?;
/// writer.session_end(SessionStatus::Success)?;
/// writer.flush()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventWriter {
    records: RecordWriter<File>,
    path: PathBuf,
    options: EventWriterOptions,
    unflushed: usize,
    last_flush: Instant,
}

impl EventWriter {
    /// Creates a new file in `dir` with the default options.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriter;
    ///
    /// let writer = EventWriter::create(dir.path().join("run-1"))?; // the folder is made
    /// assert!(writer.path().exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the folder or the file cannot be made.
    pub fn create(dir: impl AsRef<Path>) -> Result<Self> {
        EventWriterOptions::new().create(dir)
    }

    /// Writes the version to a new file.
    pub(super) fn start(
        file: File,
        path: PathBuf,
        options: EventWriterOptions,
        time: f64,
    ) -> Result<Self> {
        let (records, last_flush) = (RecordWriter::new(file), Instant::now());
        let mut writer = Self { records, path, options, unflushed: 0, last_flush };
        writer.write(&Event::version(time))?;
        writer.flush()?;
        Ok(writer)
    }

    /// The file that is written.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriter;
    ///
    /// let writer = EventWriter::create(dir.path())?;
    /// let name = writer.path().file_name().and_then(|name| name.to_str()).expect("a name");
    /// assert!(name.starts_with("events.out.tfevents."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Adds a point to a curve.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// for (step, loss) in [(0, 6.9), (100, 5.2)] {
    ///     writer.scalar("train/loss", step, loss)?;
    /// }
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 3); // the first is the version
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn scalar(&mut self, tag: &str, step: i64, value: f32) -> Result<()> {
        self.summary(step, Summary::scalar(tag, value))
    }

    /// Adds a picture, a whole PNG or JPEG file.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriter;
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\0\x20\0\0\0\x10"; // and more
    /// writer.image("input", 0, png)?;
    /// assert!(writer.image("input", 0, b"no picture").is_err());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written, or if the picture's size cannot be read from its header.
    pub fn image(&mut self, tag: &str, step: i64, encoded: &[u8]) -> Result<()> {
        let Some(image) = Image::from_encoded(encoded.to_vec()) else {
            let problem = format!("the image {tag:?} is neither PNG nor JPEG");
            return Err(Error::new(ErrorKind::Argument(problem)).with_path(&self.path));
        };
        self.summary(step, Summary::image(tag, image))
    }

    /// Adds the distribution of these values; those that are not finite are left out.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// writer.histogram("layer1/weights", 100, [0.1, -0.2, 0.3])?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn histogram(
        &mut self,
        tag: &str,
        step: i64,
        values: impl IntoIterator<Item = f32>,
    ) -> Result<()> {
        self.summary(step, Summary::histogram(tag, Histogram::of(values)))
    }

    /// Adds a text, shown as Markdown.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// writer.text("notes", 0, "trained on **two** machines")?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn text(&mut self, tag: &str, step: i64, markdown: &str) -> Result<()> {
        self.summary(step, Summary::text(tag, markdown))
    }

    /// Records the run's hyper-parameters, and the tags of the metrics to show beside them.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter, HParam};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// let hparams = [("lr", HParam::Number(0.1)), ("nesterov", HParam::Switch(true))];
    /// writer.hparams(&hparams, &["val/top1"])?;
    /// writer.scalar("val/top1", 1, 0.76)?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 3);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn hparams(&mut self, hparams: &[(&str, HParam)], metrics: &[&str]) -> Result<()> {
        let time = (self.options.clock)();
        let event = Event::new(time, 0)
            .with(hparams::experiment(hparams, metrics, time))
            .with(hparams::session_start(hparams, time));
        self.write(&event)
    }

    /// Records how the run ended, for the table of hyper-parameters.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter, SessionStatus};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// writer.session_end(SessionStatus::Success)?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn session_end(&mut self, status: SessionStatus) -> Result<()> {
        let time = (self.options.clock)();
        self.write(&Event::new(time, 0).with(hparams::session_end(status, time)))
    }

    /// Adds any summary, at the clock's time.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter, Histogram, Summary};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// let mut histogram = Histogram::of([0.1, -0.2]);
    /// histogram.sum = 0.0; // as it was counted elsewhere, say
    /// writer.summary(100, Summary::histogram("weights", histogram))?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn summary(&mut self, step: i64, summary: Summary) -> Result<()> {
        let time = (self.options.clock)();
        self.write(&Event::new(time, step).with(summary))
    }

    /// Adds an event as it is, with a wall time of the caller's choice.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{Event, EventReader, EventWriter, Summary};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// let event = Event::new(1_700_000_000.0, 10).with(Summary::scalar("loss", 0.5));
    /// writer.write(&event)?;
    /// writer.flush()?;
    /// let last = EventReader::open(writer.path())?.last().transpose()?;
    /// assert_eq!(last, Some(event));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&mut self, event: &Event) -> Result<()> {
        let written = self.records.write(&event.encode());
        written.map_err(|error| error.with_path(&self.path))?;
        self.unflushed += 1;
        let due = self.unflushed >= self.options.flush_events
            || self.last_flush.elapsed() >= self.options.flush_after;
        if due { self.flush() } else { Ok(()) }
    }

    /// Hands everything to the operating system, so that TensorBoard sees it.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriter};
    ///
    /// let mut writer = EventWriter::create(dir.path())?;
    /// writer.scalar("loss", 1, 0.5)?;
    /// writer.flush()?;
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2); // the first is the version
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn flush(&mut self) -> Result<()> {
        self.records.flush().map_err(|error| error.with_path(&self.path))?;
        self.unflushed = 0;
        self.last_flush = Instant::now();
        Ok(())
    }
}

impl std::fmt::Debug for EventWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("EventWriter").field("path", &self.path).finish_non_exhaustive()
    }
}
