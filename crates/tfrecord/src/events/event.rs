//! `tf.Event`.
//!
//! Field numbers: `wall_time` 1, `step` 2, `file_version` 3, `summary` 5; `Summary.value` 1.

use super::Summary;
use crate::example::Budget;
use crate::wire::{Cursor, write};
use crate::{Limits, Result};

/// One record of an event file: summaries of one step, or the file's version.
///
/// ```
/// use tfrecord_codec::events::{Event, Summary};
///
/// let event = Event::new(1_700_000_000.5, 10).with(Summary::scalar("loss", 0.25));
/// assert_eq!(Event::parse(&event.encode())?, event);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Event {
    /// Seconds since 1970.
    pub wall_time: f64,
    /// The training step.
    pub step: i64,
    /// `brain.Event:2` in the first record of a file, else nothing.
    pub file_version: Option<String>,
    /// What is reported.
    pub summaries: Vec<Summary>,
}

impl Event {
    /// An event without summaries.
    ///
    /// ```
    /// use tfrecord_codec::events::Event;
    ///
    /// let event = Event::new(1_700_000_000.0, 10);
    /// assert_eq!((event.step, event.summaries.len()), (10, 0));
    /// ```
    pub fn new(wall_time: f64, step: i64) -> Self {
        Self { wall_time, step, ..Self::default() }
    }

    /// The event that every file starts with.
    ///
    /// ```
    /// let event = tfrecord_codec::events::Event::version(1_700_000_000.0);
    /// assert_eq!(event.file_version.as_deref(), Some("brain.Event:2"));
    /// ```
    pub fn version(wall_time: f64) -> Self {
        let file_version = Some("brain.Event:2".to_owned());
        Self { file_version, ..Self::new(wall_time, 0) }
    }

    /// Adds a summary.
    ///
    /// ```
    /// use tfrecord_codec::events::{Event, Summary};
    ///
    /// let event = Event::new(0.0, 10).with(Summary::scalar("loss", 0.5));
    /// assert_eq!(event.summaries[0].tag, "loss");
    /// ```
    #[must_use]
    pub fn with(mut self, summary: Summary) -> Self {
        self.summaries.push(summary);
        self
    }

    /// Reads a record with the default limits. What this crate does not model is skipped.
    ///
    /// ```
    /// use tfrecord_codec::events::Event;
    ///
    /// assert_eq!(Event::parse(b"\x10\x05")?, Event::new(0.0, 5)); // field 2, the step
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the record is no such message or has too many summaries.
    pub fn parse(record: &[u8]) -> Result<Self> {
        Self::parse_with(record, &Limits::default())
    }

    /// Reads a record.
    ///
    /// ```
    /// use tfrecord_codec::Limits;
    /// use tfrecord_codec::events::{Event, Summary};
    ///
    /// let record = Event::new(0.0, 10).with(Summary::scalar("loss", 0.5)).encode();
    /// assert!(Event::parse_with(&record, &Limits::default().max_features(1)).is_ok());
    /// assert!(Event::parse_with(&record, &Limits::default().max_features(0)).is_err());
    /// ```
    ///
    /// # Errors
    /// If the record is no such message or has more summaries than `limits` allow.
    pub fn parse_with(record: &[u8], limits: &Limits) -> Result<Self> {
        let (mut message, mut budget) = (Cursor::new(record), Budget::new(limits));
        let mut event = Self::default();
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => event.wall_time = field.f64()?,
                2 => event.step = field.varint()? as i64,
                3 => event.file_version = Some(field.str()?.to_owned()),
                5 => event.merge_summary(field.bytes()?, &mut budget)?,
                _ => {}
            }
        }
        Ok(event)
    }

    fn merge_summary(&mut self, mut message: Cursor<'_>, budget: &mut Budget) -> Result<()> {
        while let Some(field) = message.next_field()? {
            if field.number == 1 {
                budget.spend()?;
                self.summaries.push(Summary::parse(field.bytes()?, budget)?);
            }
        }
        Ok(())
    }

    /// The record.
    ///
    /// ```
    /// use tfrecord_codec::{RecordWriter, events::Event};
    ///
    /// // What an event file starts with.
    /// let mut writer = RecordWriter::new(Vec::new());
    /// writer.write(&Event::version(1_700_000_000.0).encode())?;
    /// assert_eq!(writer.finish()?.len(), 40);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        write::f64_field(&mut out, 1, self.wall_time);
        if self.step != 0 {
            write::varint_field(&mut out, 2, self.step as u64);
        }
        if let Some(version) = &self.file_version {
            write::bytes(&mut out, 3, version.as_bytes());
        }
        if !self.summaries.is_empty() {
            write::message(&mut out, 5, |out| {
                for summary in &self.summaries {
                    write::message(out, 1, |out| summary.write(out));
                }
            });
        }
        out
    }
}
