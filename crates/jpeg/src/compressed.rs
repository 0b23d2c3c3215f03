//! The compressed data of a scan, without what is stuffed between its bytes.
//!
//! Source: ITU-T T.81, B.1.1.5 (stuffed bytes), E.1.4 (restart intervals).

use std::ops::Range;

use crate::bits::{BitReader, PADDING};
use crate::error::{Error, Place, Result, damaged};
use crate::markers::{RESTART_0, RESTART_7};

/// The data of one scan, cut at its restart markers; reused from scan to scan.
#[derive(Clone, Debug, Default)]
pub(crate) struct Compressed {
    bytes: Vec<u8>,
    /// The data between restart markers, each with its padding.
    intervals: Vec<Range<usize>>,
}

impl Compressed {
    /// Reads the data that begins at byte `start` of a file and gives the place of the marker behind it.
    pub(crate) fn read(&mut self, encoded: &[u8], start: usize) -> Result<usize> {
        self.bytes.clear();
        self.intervals.clear();
        let mut position = start;
        loop {
            let rest = &encoded[position..];
            let Some(found) = memchr::memchr(0xff, rest) else { return truncated(encoded) };
            self.bytes.extend_from_slice(&rest[..found]);
            let fill = rest[found..].iter().take_while(|&&byte| byte == 0xff).count();
            let marker = position + found + fill;
            match encoded.get(marker) {
                None => return truncated(encoded),
                Some(0) => self.bytes.push(0xff),
                Some(&code @ RESTART_0..=RESTART_7) => self.restart(code, marker)?,
                Some(_) => {
                    self.end_interval();
                    return Ok(marker - 1);
                }
            }
            position = marker + 1;
        }
    }

    fn restart(&mut self, code: u8, place: usize) -> Result<()> {
        if usize::from(code - RESTART_0) != self.intervals.len() % 8 {
            return damaged(place, "a restart marker is missing or out of order");
        }
        self.end_interval();
        Ok(())
    }

    fn end_interval(&mut self) {
        let start = self.intervals.last().map_or(0, |last| last.end);
        self.bytes.extend_from_slice(&[0; PADDING]);
        self.intervals.push(start..self.bytes.len());
    }

    /// The bits of an interval.
    #[inline(always)]
    pub(crate) fn interval(&self, index: usize) -> Option<BitReader<'_>> {
        Some(BitReader::new(&self.bytes[self.intervals.get(index)?.clone()]))
    }
}

fn truncated<T>(encoded: &[u8]) -> Result<T> {
    Err(Error::Truncated { place: Place::Byte(encoded.len()) })
}
