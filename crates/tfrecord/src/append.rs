//! Finding where an interrupted file stops being whole.

use std::fs::{File, OpenOptions};
use std::io::{Seek, SeekFrom};
use std::path::Path;

use crate::error::ErrorKind;
use crate::frame;
use crate::index::walk::Walk;
use crate::positioned::Positioned;
use crate::{Integrity, Limits, RecordSpan, Result};

/// What [`RecordWriter::append`](crate::RecordWriter::append) found.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("shard");
/// use tfrecord_codec::RecordWriter;
///
/// let mut writer = RecordWriter::create(&path)?;
/// writer.write(b"whole")?;
/// writer.finish()?;
///
/// let (_, recovered) = RecordWriter::append(&path)?;
/// assert_eq!((recovered.records(), recovered.kept_bytes(), recovered.cut_bytes()), (1, 21, 0));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recovered {
    records: u64,
    kept_bytes: u64,
    cut_bytes: u64,
}

impl Recovered {
    /// Whole records that were there.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&path)?;
    /// # writer.write(b"")?;
    /// # writer.finish()?;
    /// // A file of one empty record.
    /// let (writer, recovered) = tfrecord_codec::RecordWriter::append(&path)?;
    /// assert_eq!((recovered.records(), writer.records()), (1, 1));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn records(&self) -> u64 {
        self.records
    }

    /// Bytes of those records, frames included.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&path)?;
    /// # writer.write(b"")?;
    /// # writer.finish()?;
    /// // A file of one empty record.
    /// let (writer, recovered) = tfrecord_codec::RecordWriter::append(&path)?;
    /// assert_eq!((recovered.kept_bytes(), writer.offset()), (16, 16));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn kept_bytes(&self) -> u64 {
        self.kept_bytes
    }

    /// Bytes of an incomplete record that were cut from the end; 0 if the file was whole.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let path = dir.path().join("shard");
    /// std::fs::write(&path, b"\x05\0\0")?; // the writer was killed inside the first header
    /// let (_, recovered) = tfrecord_codec::RecordWriter::append(&path)?;
    /// assert_eq!((recovered.cut_bytes(), std::fs::metadata(&path)?.len()), (3, 0));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn cut_bytes(&self) -> u64 {
        self.cut_bytes
    }
}

/// Opens `path` for appending, cut after its last whole record.
pub(crate) fn open(path: &Path) -> Result<(File, Recovered)> {
    let file = OpenOptions::new().read(true).write(true).open(path)?;
    let len = file.metadata()?.len();
    let (file, mut recovered) = whole_records(Positioned::new(file), len)?;
    recovered.cut_bytes = len - recovered.kept_bytes;
    let mut file = file.into_inner();
    if recovered.cut_bytes > 0 {
        file.set_len(recovered.kept_bytes)?;
    }
    file.seek(SeekFrom::Start(recovered.kept_bytes))?;
    Ok((file, recovered))
}

fn whole_records(file: Positioned, len: u64) -> Result<(Positioned, Recovered)> {
    let mut walk = Walk::new(&file, len, Limits::default())?;
    let mut last: Option<RecordSpan> = None;
    let mut recovered = Recovered { records: 0, kept_bytes: 0, cut_bytes: 0 };
    loop {
        match walk.next_span() {
            Ok(Some(span)) => last = Some(span),
            Ok(None) => break,
            Err(error) if matches!(error.kind(), ErrorKind::Truncated { .. }) => break,
            Err(error) => return Err(error),
        }
        recovered.records += 1;
        recovered.kept_bytes = walk.offset();
    }
    // A crash of the machine can leave the length right and the payload not yet on disk.
    if let Some(span) = last.filter(|span| span.end() == len) {
        if !payload_is_whole(&file, span)? {
            recovered.records -= 1;
            recovered.kept_bytes = span.offset;
        }
    }
    Ok((file, recovered))
}

fn payload_is_whole(file: &Positioned, span: RecordSpan) -> Result<bool> {
    let mut body = vec![0; span.body_len()?];
    file.read_exact_at(&mut body, span.payload_offset())?;
    match frame::check_body(&body, Integrity::Full) {
        Ok(_) => Ok(true),
        Err(ErrorKind::PayloadChecksum { .. }) => Ok(false),
        Err(kind) => Err(kind.into()),
    }
}
