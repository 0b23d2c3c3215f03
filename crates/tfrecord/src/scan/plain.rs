//! Going through a file that is not compressed.

use std::fs::File;

use super::{Damage, Found};
use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN, HEADER_LEN};
use crate::positioned::Positioned;
use crate::{Error, Integrity, Limits, RecordSpan, Result};

/// Bytes that are searched at once for the next header.
const WINDOW: usize = 1 << 16;

/// A file that is not compressed.
#[derive(Debug)]
pub(super) struct Plain {
    file: Positioned,
    len: u64,
    limits: Limits,
    record: u64,
    offset: u64,
}

impl Plain {
    pub(super) fn new(file: File, limits: Limits) -> Result<Self> {
        let len = file.metadata()?.len();
        Ok(Self { file: Positioned::new(file), len, limits, record: 0, offset: 0 })
    }

    pub(super) fn next_into(&mut self, record: &mut Vec<u8>) -> Result<Option<Found>> {
        let offset = self.offset;
        if offset == self.len {
            return Ok(None);
        }
        let mut header = [0; HEADER_LEN];
        let kind = match self.span(self.read_upto(&mut header, offset)?, offset) {
            Ok(span) => {
                self.offset = span.end();
                match self.read_payload(span, record)? {
                    None => {
                        self.record += 1;
                        return Ok(Some(Found::Record(span)));
                    }
                    Some(kind) => kind,
                }
            }
            Err(kind) => {
                self.offset = self.next_header(offset + 1)?;
                frame::explain_start(kind, if offset == 0 { &header } else { &[] })
            }
        };
        let error = Error::new(kind).with_record(self.record, offset);
        // A damaged region counts as one record: how many it held is not known.
        self.record += 1;
        Ok(Some(Found::Damage(Damage { offset, bytes: self.offset - offset, error })))
    }

    /// The record whose header is at `offset`, if it lies inside the file.
    fn span(&self, header: &[u8], offset: u64) -> Result<RecordSpan, ErrorKind> {
        let length = frame::parse_header(header, &self.limits)?;
        let needed = length.saturating_add(FOOTER_LEN as u64);
        let found = self.len - offset - HEADER_LEN as u64;
        if needed > found {
            return Err(frame::truncated_body(needed, found));
        }
        Ok(RecordSpan { offset, length })
    }

    /// Reads a payload and says what is wrong with it, if anything is.
    fn read_payload(&self, span: RecordSpan, record: &mut Vec<u8>) -> Result<Option<ErrorKind>> {
        record.resize(span.body_len()?, 0);
        self.file.read_exact_at(record, span.payload_offset())?;
        let verdict = frame::check_body(record, Integrity::Full).err();
        record.truncate(record.len() - FOOTER_LEN);
        Ok(verdict)
    }

    /// The offset of the next header that is right, from `from` on, or the end of the file.
    fn next_header(&self, from: u64) -> Result<u64> {
        let (mut window, mut at) = (vec![0; WINDOW], from);
        loop {
            let bytes = self.read_upto(&mut window, at)?;
            let right = |header: &[u8], offset| self.span(header, offset).is_ok();
            let found = bytes.windows(HEADER_LEN).zip(at..).find(|(header, at)| right(header, *at));
            match found {
                Some((_, offset)) => return Ok(offset),
                None if bytes.len() < WINDOW => return Ok(self.len),
                // The last bytes may be the start of a header.
                None => at += (WINDOW - HEADER_LEN + 1) as u64,
            }
        }
    }

    /// Reads at `offset` until `out` is full or the file ends.
    pub(super) fn read_upto<'o>(&self, out: &'o mut [u8], offset: u64) -> Result<&'o [u8]> {
        let left = usize::try_from(self.len - offset).unwrap_or(usize::MAX);
        let len = out.len().min(left);
        let out = &mut out[..len];
        self.file.read_exact_at(out, offset)?;
        Ok(out)
    }
}
