//! The values of a feature, one after another.

use crate::wire::{Cursor, Value};

/// The list messages of a feature, checked when the feature was read: nothing here can fail, and
/// an error, were there one, would end the iteration.
#[derive(Clone, Debug)]
pub(super) struct Bodies<'a> {
    list: Cursor<'a>,
    packed: Cursor<'a>,
    more: std::vec::IntoIter<&'a [u8]>,
    left: usize,
}

impl<'a> Bodies<'a> {
    /// The values of `body` and then of `more`, `count` in all.
    pub(super) fn new(body: &'a [u8], more: Vec<&'a [u8]>, count: usize) -> Self {
        let (list, packed) = (Cursor::new(body), Cursor::new(&[]));
        Self { list, packed, more: more.into_iter(), left: count }
    }

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
        pub struct $name<'a>(pub(super) Bodies<'a>);

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
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes_list("words", &[b"to", b"be"]).build();
    /// let words = Example::parse(&record)?.bytes_list("words")?;
    /// assert_eq!(words.collect::<Vec<&[u8]>>(), [b"to", b"be"]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    BytesList, &'a [u8], next_bytes
}
list! {
    /// The floats of a feature.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().float_list("scores", &[0.25, 0.5]).build();
    /// let scores = Example::parse(&record)?.float_list("scores")?;
    /// assert_eq!((scores.len(), scores.sum::<f32>()), (2, 0.75));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    FloatList, f32, next_float
}
list! {
    /// The integers of a feature.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().int64_list("shape", &[28, 28, 1]).build();
    /// let shape = Example::parse(&record)?.int64_list("shape")?;
    /// assert_eq!((shape.len(), shape.product::<i64>()), (3, 784));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
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
