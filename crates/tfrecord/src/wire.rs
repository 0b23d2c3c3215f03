//! The protobuf wire format, read in place.
//!
//! Source: <https://protobuf.dev/programming-guides/encoding/>. Where readers differ, this one is
//! as strict as prost, which the tests use as the oracle.

use crate::{Error, Result};

mod field;
pub(crate) mod write;

pub(crate) use field::{Field, Value};

/// Groups may nest this deep in skipped fields; protobuf's own readers stop there too.
const MAX_GROUP_DEPTH: usize = 100;

/// A place in a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    /// Offset after `rest` in the outermost message, to report positions.
    end: usize,
}

/// Splits off the body of a length-delimited field with this tag. `None` stands for anything
/// unusual: the general way of reading then finds out what.
#[inline(always)]
pub(crate) fn take(message: &[u8], tag: u8) -> Option<(&[u8], &[u8])> {
    match message {
        [found, len @ 0..0x80, rest @ ..] if *found == tag => {
            rest.split_at_checked(usize::from(*len))
        }
        [found, rest @ ..] if *found == tag => {
            let mut cursor = Cursor::new(rest);
            let len = usize::try_from(cursor.long_varint().ok()?).ok()?;
            cursor.rest.split_at_checked(len)
        }
        _ => None,
    }
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(message: &'a [u8]) -> Self {
        Self { rest: message, end: message.len() }
    }

    pub(crate) fn offset(&self) -> usize {
        self.end - self.rest.len()
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub(crate) fn as_bytes(&self) -> &'a [u8] {
        self.rest
    }

    /// The body of the next field if its tag is this one byte and all is well; otherwise nothing
    /// is read, and [`next_field`](Self::next_field) says what is there.
    #[inline(always)]
    pub(crate) fn take(&mut self, tag: u8) -> Option<Self> {
        let (body, rest) = take(self.rest, tag)?;
        self.rest = rest;
        Some(Self { rest: body, end: self.offset() })
    }

    /// The next field, or `None` at the end of the message.
    pub(crate) fn next_field(&mut self) -> Result<Option<Field<'a>>> {
        if self.rest.is_empty() {
            return Ok(None);
        }
        let (number, wire_type) = self.tag()?;
        let value = self.value(number, wire_type)?;
        Ok(Some(Field { number, value, end: self.offset() }))
    }

    #[inline]
    pub(crate) fn varint(&mut self) -> Result<u64> {
        match self.rest {
            // Almost every tag and length fits one byte.
            [byte, rest @ ..] if *byte < 0x80 => {
                self.rest = rest;
                Ok(u64::from(*byte))
            }
            _ => self.long_varint(),
        }
    }

    fn long_varint(&mut self) -> Result<u64> {
        let mut value = 0;
        for (n, byte) in self.rest.iter().take(10).enumerate() {
            let bits = u64::from(byte & 0x7f);
            if n == 9 && *byte > 1 {
                return Err(self.problem("a varint has more than 64 bits"));
            }
            value |= bits << (7 * n);
            if *byte < 0x80 {
                self.rest = &self.rest[n + 1..];
                return Ok(value);
            }
        }
        Err(self.problem("the message ends inside a varint"))
    }

    #[inline]
    fn tag(&mut self) -> Result<(u32, u8)> {
        let start = *self;
        let Ok(tag) = u32::try_from(self.varint()?) else {
            return Err(start.problem("a field's tag has more than 32 bits"));
        };
        if tag >> 3 == 0 {
            return Err(start.problem("a field has the number 0"));
        }
        Ok((tag >> 3, (tag & 7) as u8))
    }

    #[inline]
    fn value(&mut self, number: u32, wire_type: u8) -> Result<Value<'a>> {
        Ok(match wire_type {
            0 => Value::Varint(self.varint()?),
            1 => Value::Fixed64(u64::from_le_bytes(self.array()?)),
            2 => Value::Bytes(self.delimited()?),
            3 => {
                self.skip_group(number)?;
                Value::Group
            }
            5 => Value::Fixed32(u32::from_le_bytes(self.array()?)),
            4 => return Err(self.problem("a group ends that did not start")),
            _ => return Err(self.problem("a field has a wire type that does not exist")),
        })
    }

    #[inline]
    fn delimited(&mut self) -> Result<Cursor<'a>> {
        let start = *self;
        let len = self.varint()?;
        match usize::try_from(len).ok().and_then(|len| self.rest.split_at_checked(len)) {
            Some((body, rest)) => {
                self.rest = rest;
                Ok(Cursor { rest: body, end: self.offset() })
            }
            None => {
                let left = self.rest.len();
                Err(start.problem(format!("a field of {len} bytes where only {left} are left")))
            }
        }
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        match self.rest.split_first_chunk() {
            Some((bytes, rest)) => {
                self.rest = rest;
                Ok(*bytes)
            }
            None => Err(self.problem(format!("the message ends inside {N} fixed bytes"))),
        }
    }

    /// Skips to the end of group `number` with a stack of its own: recursion would let the input
    /// choose the depth of ours.
    fn skip_group(&mut self, number: u32) -> Result<()> {
        let mut open = vec![number];
        while let Some(innermost) = open.last().copied() {
            let start = *self;
            if self.rest.is_empty() {
                return Err(start.problem("the message ends inside a group"));
            }
            match self.tag()? {
                (inner, 3) if open.len() < MAX_GROUP_DEPTH => open.push(inner),
                (_, 3) => return Err(start.problem("groups are nested too deeply")),
                (ended, 4) if ended == innermost => {
                    open.pop();
                }
                (_, 4) => return Err(start.problem("a group ends that did not start")),
                (inner, wire_type) => {
                    self.value(inner, wire_type)?;
                }
            }
        }
        Ok(())
    }

    #[cold]
    pub(crate) fn problem(&self, problem: impl Into<std::borrow::Cow<'static, str>>) -> Error {
        Error::message(self.offset(), problem)
    }
}
