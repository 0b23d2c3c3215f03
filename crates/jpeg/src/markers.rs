//! The segments of a file.
//!
//! Source: ITU-T T.81, B.1.1 and table B.1.

use crate::error::{Error, Place, Result, damaged};

pub(crate) const START_OF_IMAGE: u8 = 0xd8;
pub(crate) const END_OF_IMAGE: u8 = 0xd9;
pub(crate) const START_OF_SCAN: u8 = 0xda;
pub(crate) const QUANTIZATION_TABLES: u8 = 0xdb;
pub(crate) const RESTART_INTERVAL: u8 = 0xdd;
pub(crate) const HUFFMAN_TABLES: u8 = 0xc4;
pub(crate) const ARITHMETIC_CONDITIONING: u8 = 0xcc;
pub(crate) const BASELINE: u8 = 0xc0;
pub(crate) const EXTENDED: u8 = 0xc1;
pub(crate) const PROGRESSIVE: u8 = 0xc2;
pub(crate) const LAST_FRAME: u8 = 0xcf;
pub(crate) const RESTART_0: u8 = 0xd0;
pub(crate) const RESTART_7: u8 = 0xd7;
pub(crate) const APP_JFIF: u8 = 0xe0;
pub(crate) const APP_EXIF: u8 = 0xe1;
pub(crate) const APP_ADOBE: u8 = 0xee;
const TEMPORARY: u8 = 0x01;

/// A marker with what belongs to it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Segment<'a> {
    pub(crate) marker: u8,
    /// The bytes behind its length; none for markers that stand alone.
    pub(crate) body: &'a [u8],
    /// Where `body` begins in the file.
    pub(crate) start: usize,
}

impl<'a> Segment<'a> {
    /// Byte `index` of the body and those behind it, which must be `N` at least.
    pub(crate) fn bytes<const N: usize>(&self, index: usize) -> Result<&'a [u8; N]> {
        let rest = self.body.get(index..).and_then(<[u8]>::first_chunk);
        rest.ok_or(Error::Damaged {
            place: Place::Byte(self.start),
            problem: "a segment too short",
        })
    }

    pub(crate) fn damaged<T>(&self, problem: &'static str) -> Result<T> {
        damaged(self.start, problem)
    }
}

/// Walks over the segments of a file.
#[derive(Clone, Debug)]
pub(crate) struct Segments<'a> {
    encoded: &'a [u8],
    position: usize,
}

impl<'a> Segments<'a> {
    pub(crate) fn new(encoded: &'a [u8]) -> Result<Self> {
        match encoded {
            [0xff, START_OF_IMAGE, ..] => Ok(Self { encoded, position: 2 }),
            _ => Err(Error::NotJpeg),
        }
    }

    /// The next segment. Bytes in front of its marker are passed over, as libjpeg does: files of
    /// ImageNet have some.
    pub(crate) fn next(&mut self) -> Result<Segment<'a>> {
        loop {
            let rest = &self.encoded[self.position..];
            let found = memchr::memchr(0xff, rest).ok_or(self.truncated())?;
            let fill = rest[found..].iter().take_while(|&&byte| byte == 0xff).count();
            let &marker = rest.get(found + fill).ok_or(self.truncated())?;
            self.position += found + fill + 1;
            if marker != 0 {
                return self.segment(marker);
            }
        }
    }

    fn segment(&mut self, marker: u8) -> Result<Segment<'a>> {
        let start = self.position;
        if matches!(marker, TEMPORARY | RESTART_0..=RESTART_7 | START_OF_IMAGE | END_OF_IMAGE) {
            return Ok(Segment { marker, body: &[], start });
        }
        let rest = &self.encoded[start..];
        let length = usize::from(u16::from_be_bytes(*rest.first_chunk().ok_or(self.truncated())?));
        if length < 2 {
            return damaged(start, "a segment shorter than its own length");
        }
        let body = rest.get(2..length).ok_or(self.truncated())?;
        self.position += length;
        Ok(Segment { marker, body, start: start + 2 })
    }

    /// Goes on at this byte.
    pub(crate) fn go_to(&mut self, position: usize) {
        self.position = position;
    }

    fn truncated(&self) -> Error {
        Error::Truncated { place: Place::Byte(self.encoded.len()) }
    }
}
