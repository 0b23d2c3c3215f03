//! Following the lengths from frame to frame.

use crate::error::ErrorKind;
use crate::frame::{self, HEADER_LEN};
use crate::positioned::Positioned;
use crate::{Compression, Error, Limits, RecordSpan, Result};

/// One page: it holds the next headers of short records, and costs one read for long ones.
const WINDOW: usize = 1 << 12;

/// Visits the frames of a file without reading long payloads.
pub(crate) struct Walk<'f> {
    file: &'f Positioned,
    len: u64,
    limits: Limits,
    window: Box<[u8; WINDOW]>,
    window_at: u64,
    window_len: usize,
    record: u64,
    offset: u64,
}

impl<'f> Walk<'f> {
    /// Starts at the first frame of a file of `len` bytes, which must not be compressed.
    pub(crate) fn new(file: &'f Positioned, len: u64, limits: Limits) -> Result<Self> {
        let window = Box::new([0; WINDOW]);
        let mut walk =
            Self { file, len, limits, window, window_at: 0, window_len: 0, record: 0, offset: 0 };
        match Compression::detect(walk.header()?) {
            Compression::None => Ok(walk),
            packed => Err(ErrorKind::CompressedFile(packed).into()),
        }
    }

    /// The offset of the next frame.
    pub(crate) fn offset(&self) -> u64 {
        self.offset
    }

    /// The place of the next record, known to lie whole inside the file.
    pub(crate) fn next_span(&mut self) -> Result<Option<RecordSpan>> {
        if self.offset == self.len {
            return Ok(None);
        }
        let span = self.read_span()?;
        self.offset = span.end();
        self.record += 1;
        Ok(Some(span))
    }

    fn read_span(&mut self) -> Result<RecordSpan> {
        let (record, offset, limits) = (self.record, self.offset, self.limits);
        let at_record = |kind: ErrorKind| Error::new(kind).with_record(record, offset);
        let header = self.header()?;
        let length = match frame::parse_header(header, &limits) {
            Err(kind) if record == 0 => return Err(at_record(frame::explain_start(kind, header))),
            other => other.map_err(at_record)?,
        };
        let needed = length.saturating_add(frame::FOOTER_LEN as u64);
        let found = self.len - offset - HEADER_LEN as u64;
        if needed > found {
            return Err(at_record(frame::truncated_body(needed, found)));
        }
        Ok(RecordSpan { offset, length })
    }

    /// The next header, or less where the file ends before it does.
    fn header(&mut self) -> Result<&[u8]> {
        let wanted = (self.len - self.offset).min(HEADER_LEN as u64) as usize;
        let start = self.offset.wrapping_sub(self.window_at);
        let inside =
            start.checked_add(wanted as u64).is_some_and(|end| end <= self.window_len as u64);
        if self.offset >= self.window_at && inside {
            let start = start as usize;
            return Ok(&self.window[start..start + wanted]);
        }
        let window_len = (self.len - self.offset).min(WINDOW as u64) as usize;
        let read = self.file.read_exact_at(&mut self.window[..window_len], self.offset);
        read.map_err(|error| Error::from(error).with_record(self.record, self.offset))?;
        (self.window_at, self.window_len) = (self.offset, window_len);
        Ok(&self.window[..wanted])
    }
}
