//! One feature and the lists it can hold.

use std::fmt;

use super::Budget;
use crate::Result;
use crate::wire::{Cursor, Value};

/// The type of a feature's values, named as in `feature.proto`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum FeatureKind {
    /// No list is set at all. TensorFlow treats such a feature as missing.
    #[default]
    Unset,
    /// Byte strings.
    Bytes,
    /// 32-bit floats.
    Float,
    /// 64-bit signed integers.
    Int64,
}

impl fmt::Display for FeatureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Unset => "unset",
            Self::Bytes => "bytes_list",
            Self::Float => "float_list",
            Self::Int64 => "int64_list",
        })
    }
}

/// A feature: a list of byte strings, floats or integers.
///
/// ```
/// use tfrecord_codec::{Example, ExampleBuilder, FeatureKind};
///
/// let record = ExampleBuilder::new().int64_list("sizes", &[3, -1]).build();
/// let example = Example::parse(&record)?;
/// let feature = example.get("sizes").expect("it was just written");
/// assert_eq!((feature.kind(), feature.len()), (FeatureKind::Int64, 2));
/// assert_eq!(feature.int64_list().expect("of that kind").collect::<Vec<_>>(), [3, -1]);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Feature<'a> {
    kind: FeatureKind,
    count: usize,
    body: &'a [u8],
    /// Further messages of the same list. Protobuf merges them; no writer is known to make them,
    /// so they may cost an allocation. A boxed vector keeps the usual feature small.
    #[allow(clippy::box_collection)]
    more: Option<Box<Vec<&'a [u8]>>>,
}

impl<'a> Feature<'a> {
    /// A feature of one list, whose body is known to hold `count` values.
    #[inline(always)]
    pub(super) fn known(kind: FeatureKind, count: usize, body: &'a [u8]) -> Self {
        Self { kind, count, body, more: None }
    }

    /// Reads a `Feature` message into this one.
    pub(super) fn merge(&mut self, mut message: Cursor<'a>, budget: &mut Budget) -> Result<()> {
        while let Some(field) = message.next_field()? {
            let (kind, list, count) = match field.number {
                1 => (FeatureKind::Bytes, field.bytes()?, count_bytes(field.bytes()?)?),
                2 => (FeatureKind::Float, field.bytes()?, count_floats(field.bytes()?)?),
                3 => (FeatureKind::Int64, field.bytes()?, count_ints(field.bytes()?)?),
                _ => continue,
            };
            self.add(kind, count, list.as_bytes(), budget)?;
        }
        Ok(())
    }

    fn add(
        &mut self,
        kind: FeatureKind,
        count: usize,
        body: &'a [u8],
        budget: &mut Budget,
    ) -> Result<()> {
        if self.kind != kind {
            // A `oneof` holds what came last.
            *self = Self::known(kind, count, body);
        } else if !body.is_empty() {
            budget.spend()?;
            self.count += count;
            self.more.get_or_insert_default().push(body);
        }
        Ok(())
    }

    /// The type of the values.
    pub fn kind(&self) -> FeatureKind {
        self.kind
    }

    /// The number of values.
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there are no values.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The byte strings, if it holds such.
    #[inline]
    pub fn bytes_list(&self) -> Option<BytesList<'a>> {
        (self.kind == FeatureKind::Bytes).then(|| BytesList(self.bodies()))
    }

    /// The floats, if it holds such.
    #[inline]
    pub fn float_list(&self) -> Option<FloatList<'a>> {
        (self.kind == FeatureKind::Float).then(|| FloatList(self.bodies()))
    }

    /// The integers, if it holds such.
    #[inline]
    pub fn int64_list(&self) -> Option<Int64List<'a>> {
        (self.kind == FeatureKind::Int64).then(|| Int64List(self.bodies()))
    }

    fn bodies(&self) -> Bodies<'a> {
        let more = self.more.as_deref().map_or_else(Vec::new, Clone::clone).into_iter();
        Bodies { list: Cursor::new(self.body), packed: Cursor::new(&[]), more, left: self.count }
    }
}

/// Checks a list of byte strings and counts them.
fn count_bytes(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        if field.number == 1 {
            field.bytes()?;
            count += 1;
        }
    }
    Ok(count)
}

/// Checks a list of floats, packed or not, and counts them.
fn count_floats(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        match (field.number, field.value) {
            (1, Value::Fixed32(_)) => count += 1,
            (1, Value::Bytes(packed)) if packed.as_bytes().len() % 4 == 0 => {
                count += packed.as_bytes().len() / 4;
            }
            (1, Value::Bytes(packed)) => {
                return Err(packed.problem("packed floats whose length is no multiple of four"));
            }
            (1, _) => return Err(field.wrong_type("floats, packed or not")),
            _ => {}
        }
    }
    Ok(count)
}

/// Checks a list of integers, packed or not, and counts them.
fn count_ints(mut list: Cursor<'_>) -> Result<usize> {
    let mut count = 0;
    while let Some(field) = list.next_field()? {
        match (field.number, field.value) {
            (1, Value::Varint(_)) => count += 1,
            (1, Value::Bytes(mut packed)) => {
                while !packed.is_empty() {
                    packed.varint()?;
                    count += 1;
                }
            }
            (1, _) => return Err(field.wrong_type("integers, packed or not")),
            _ => {}
        }
    }
    Ok(count)
}

/// The list messages of a feature, checked when the feature was read: nothing here can fail, and
/// an error, were there one, would end the iteration.
#[derive(Clone, Debug)]
struct Bodies<'a> {
    list: Cursor<'a>,
    packed: Cursor<'a>,
    more: std::vec::IntoIter<&'a [u8]>,
    left: usize,
}

impl<'a> Bodies<'a> {
    /// The next value that stands in a field of its own, or else the next packed run, which is
    /// then in `self.packed`.
    fn next_value(&mut self) -> Option<Value<'a>> {
        loop {
            match self.list.next_field().ok()? {
                Some(field) if field.number == 1 => return Some(field.value),
                Some(_) => {}
                None => self.list = Cursor::new(self.more.next()?),
            }
        }
    }
}

macro_rules! list {
    ($(#[$doc:meta])* $name:ident, $item:ty, $next:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $name<'a>(Bodies<'a>);

        impl<'a> Iterator for $name<'a> {
            type Item = $item;

            #[inline]
            fn next(&mut self) -> Option<$item> {
                let value = self.0.$next()?;
                self.0.left = self.0.left.saturating_sub(1);
                Some(value)
            }

            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0.left, Some(self.0.left))
            }
        }

        impl ExactSizeIterator for $name<'_> {}
    };
}

list! {
    /// The byte strings of a feature, borrowed from the record.
    BytesList, &'a [u8], next_bytes
}
list! {
    /// The floats of a feature.
    FloatList, f32, next_float
}
list! {
    /// The integers of a feature.
    Int64List, i64, next_int
}

impl<'a> Bodies<'a> {
    fn next_bytes(&mut self) -> Option<&'a [u8]> {
        match self.next_value()? {
            Value::Bytes(bytes) => Some(bytes.as_bytes()),
            _ => None,
        }
    }

    fn next_float(&mut self) -> Option<f32> {
        while self.packed.is_empty() {
            match self.next_value()? {
                Value::Fixed32(bits) => return Some(f32::from_bits(bits)),
                Value::Bytes(packed) => self.packed = packed,
                _ => return None,
            }
        }
        self.packed.array().ok().map(f32::from_le_bytes)
    }

    fn next_int(&mut self) -> Option<i64> {
        while self.packed.is_empty() {
            match self.next_value()? {
                Value::Varint(value) => return Some(value as i64),
                Value::Bytes(packed) => self.packed = packed,
                _ => return None,
            }
        }
        self.packed.varint().ok().map(|value| value as i64)
    }
}
