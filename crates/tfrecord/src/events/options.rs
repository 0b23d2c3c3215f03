//! How to name and flush an event file.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use super::EventWriter;
use crate::Result;
use crate::error::ErrorKind;

/// TensorBoard reads the files of a folder whose names contain `tfevents`.
const PREFIX: &str = "events.out.tfevents.";

type Clock = Box<dyn FnMut() -> f64 + Send>;

/// How to name and flush an event file. Then [`create`](Self::create) it.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// use tfrecord_codec::events::EventWriterOptions;
///
/// // A fixed clock makes the same calls write the same bytes, in a file of the same name.
/// let options = EventWriterOptions::new().label("node-3").suffix(".v1").clock(|| 1_700_000_000.0);
/// let mut writer = options.create(dir.path())?;
/// writer.scalar("loss", 1, 0.5)?;
/// assert!(writer.path().ends_with("events.out.tfevents.1700000000.node-3.000.v1"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub struct EventWriterOptions {
    label: String,
    suffix: String,
    pub(super) flush_events: usize,
    pub(super) flush_after: Duration,
    pub(super) clock: Clock,
}

impl Default for EventWriterOptions {
    /// The label `rust`, no suffix, a flush every 100 events or 10 seconds, the system's clock.
    fn default() -> Self {
        Self {
            label: "rust".to_owned(),
            suffix: String::new(),
            flush_events: 100,
            flush_after: Duration::from_secs(10),
            clock: Box::new(system_clock),
        }
    }
}

fn system_clock() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}

impl EventWriterOptions {
    /// The defaults.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriterOptions;
    ///
    /// let writer = EventWriterOptions::new().create(dir.path())?;
    /// assert!(writer.path().exists());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// The part of the name where TensorFlow puts the host's name.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriterOptions;
    ///
    /// let writer = EventWriterOptions::new().label("node-3").create(dir.path())?;
    /// assert!(writer.path().to_string_lossy().contains(".node-3."));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The end of the name.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriterOptions;
    ///
    /// let writer = EventWriterOptions::new().suffix(".v2").create(dir.path())?;
    /// assert!(writer.path().to_string_lossy().ends_with(".v2"));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn suffix(mut self, suffix: impl Into<String>) -> Self {
        self.suffix = suffix.into();
        self
    }

    /// Flushes once this many events are buffered.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriterOptions};
    ///
    /// let mut writer = EventWriterOptions::new().flush_events(1).create(dir.path())?;
    /// writer.scalar("loss", 1, 0.5)?; // TensorBoard sees it now
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn flush_events(mut self, events: usize) -> Self {
        self.flush_events = events;
        self
    }

    /// Flushes at the first event this long after the last flush.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use std::time::Duration;
    ///
    /// use tfrecord_codec::events::{EventReader, EventWriterOptions};
    ///
    /// let mut writer = EventWriterOptions::new().flush_after(Duration::ZERO).create(dir.path())?;
    /// writer.scalar("loss", 1, 0.5)?; // TensorBoard sees it now
    /// assert_eq!(EventReader::open(writer.path())?.count(), 2);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn flush_after(mut self, duration: Duration) -> Self {
        self.flush_after = duration;
        self
    }

    /// Takes the time (seconds since 1970) from `clock` instead of the system.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::{EventReader, EventWriterOptions};
    ///
    /// let writer = EventWriterOptions::new().clock(|| 1_700_000_000.0).create(dir.path())?;
    /// let first = EventReader::open(writer.path())?.next().transpose()?;
    /// assert_eq!(first.map(|event| event.wall_time), Some(1_700_000_000.0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    #[must_use]
    pub fn clock(mut self, clock: impl FnMut() -> f64 + Send + 'static) -> Self {
        self.clock = Box::new(clock);
        self
    }

    /// Creates a new file in `dir`, which is made if it does not exist. Files that are there stay
    /// as they are, and the new name sorts after theirs, because TensorBoard reads in that order.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// use tfrecord_codec::events::EventWriterOptions;
    ///
    /// let run = dir.path().join("run-1");
    /// let first = EventWriterOptions::new().create(&run)?;
    /// let second = EventWriterOptions::new().create(&run)?;
    /// assert!(first.path() < second.path());
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the folder or the file cannot be made, or if label or suffix contain a path separator.
    pub fn create(mut self, dir: impl AsRef<Path>) -> Result<EventWriter> {
        let dir = dir.as_ref();
        let time = (self.clock)();
        let (path, file) = self.new_file(dir, time).map_err(|error| error.with_path(dir))?;
        EventWriter::start(file, path, self, time)
    }

    fn new_file(&self, dir: &Path, time: f64) -> Result<(PathBuf, File)> {
        if self.label.contains(['/', '\\']) || self.suffix.contains(['/', '\\']) {
            let problem = "the label and the suffix of an event file must not contain / or \\";
            return Err(ErrorKind::Argument(problem.to_owned()).into());
        }
        fs::create_dir_all(dir)?;
        let seconds = latest_seconds(dir)?.max(time as u64);
        let mut number = 0_u32;
        loop {
            let (label, suffix) = (&self.label, &self.suffix);
            let path = dir.join(format!("{PREFIX}{seconds:010}.{label}.{number:03}{suffix}"));
            // Creation is exclusive: of two processes that try the same name one goes on to the
            // next.
            match File::create_new(&path) {
                Ok(file) => return Ok((path, file)),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => number += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }
}

/// The latest time in the names of the event files of a folder, 0 if there are none.
fn latest_seconds(dir: &Path) -> io::Result<u64> {
    let mut latest = 0;
    for entry in fs::read_dir(dir)? {
        let name = entry?.file_name();
        let rest = name.to_str().and_then(|name| name.strip_prefix(PREFIX));
        let seconds = rest.and_then(|rest| rest.split('.').next()?.parse().ok());
        latest = latest.max(seconds.unwrap_or(0));
    }
    Ok(latest)
}
