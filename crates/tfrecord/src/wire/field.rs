//! One field of a message and what it may be taken as.

use super::Cursor;
use crate::{Error, Result};

/// The value of one field.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Value<'a> {
    Varint(u64),
    #[cfg_attr(not(feature = "events"), allow(dead_code))]
    Fixed64(u64),
    Bytes(Cursor<'a>),
    Fixed32(u32),
    /// A group, already skipped: none of our messages has one.
    Group,
}

impl Value<'_> {
    fn name(&self) -> &'static str {
        match self {
            Self::Varint(_) => "a varint",
            Self::Fixed64(_) => "eight fixed bytes",
            Self::Bytes(_) => "length-delimited",
            Self::Fixed32(_) => "four fixed bytes",
            Self::Group => "a group",
        }
    }
}

/// One field of a message.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) number: u32,
    pub(crate) value: Value<'a>,
    /// Offset after the field in the outermost message.
    pub(super) end: usize,
}

impl<'a> Field<'a> {
    #[inline(always)]
    pub(crate) fn bytes(&self) -> Result<Cursor<'a>> {
        match self.value {
            Value::Bytes(cursor) => Ok(cursor),
            _ => Err(self.wrong_type("length-delimited")),
        }
    }

    /// Text, as the bytes it consists of, checked: a `str` would have to be checked again by
    /// whoever takes it apart, and ASCII is checked faster.
    #[inline]
    pub(crate) fn utf8(&self) -> Result<&'a [u8]> {
        let cursor = self.bytes()?;
        if cursor.as_bytes().is_ascii() {
            Ok(cursor.as_bytes())
        } else {
            self.str().map(str::as_bytes)
        }
    }

    pub(crate) fn str(&self) -> Result<&'a str> {
        let cursor = self.bytes()?;
        let text = std::str::from_utf8(cursor.as_bytes());
        text.map_err(|error| {
            Error::message(cursor.offset() + error.valid_up_to(), "the text is not UTF-8")
        })
    }

    #[cfg(feature = "events")]
    pub(crate) fn varint(&self) -> Result<u64> {
        match self.value {
            Value::Varint(value) => Ok(value),
            _ => Err(self.wrong_type("a varint")),
        }
    }

    #[cfg(feature = "events")]
    pub(crate) fn f32(&self) -> Result<f32> {
        match self.value {
            Value::Fixed32(bits) => Ok(f32::from_bits(bits)),
            _ => Err(self.wrong_type("four fixed bytes")),
        }
    }

    #[cfg(feature = "events")]
    pub(crate) fn f64(&self) -> Result<f64> {
        match self.value {
            Value::Fixed64(bits) => Ok(f64::from_bits(bits)),
            _ => Err(self.wrong_type("eight fixed bytes")),
        }
    }

    #[cold]
    pub(crate) fn wrong_type(&self, wanted: &str) -> Error {
        let (number, found) = (self.number, self.value.name());
        Error::message(self.end, format!("field {number} is {found} where it must be {wanted}"))
    }
}
