//! The values of one feature, to be written.

use std::slice;

use crate::wire::write;

/// The values of one feature, to be written: a list, or a single value.
///
/// A list may be empty: the feature is then there, with its type and no values.
///
/// ```
/// use tfrecord_codec::{Example, ExampleBuilder, FeatureValues};
///
/// let columns = [("age", FeatureValues::Int64(41)), ("scores", FeatureValues::FloatList(&[]))];
/// let builder = columns.iter().fold(ExampleBuilder::new(), |builder, (name, values)| {
///     builder.feature(name, *values)
/// });
/// assert_eq!(Example::parse(&builder.build())?.float_list("scores")?.len(), 0);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum FeatureValues<'a> {
    /// One byte string.
    Bytes(&'a [u8]),
    /// Byte strings.
    BytesList(&'a [&'a [u8]]),
    /// One float.
    Float(f32),
    /// Floats.
    FloatList(&'a [f32]),
    /// One integer.
    Int64(i64),
    /// Integers.
    Int64List(&'a [i64]),
}

/// The same without the distinction between one and many.
enum List<'v, 'a> {
    Bytes(&'v [&'a [u8]]),
    Float(&'v [f32]),
    Int64(&'v [i64]),
}

impl<'a> FeatureValues<'a> {
    fn list(&self) -> List<'_, 'a> {
        match self {
            Self::Bytes(value) => List::Bytes(slice::from_ref(value)),
            Self::BytesList(values) => List::Bytes(values),
            Self::Float(value) => List::Float(slice::from_ref(value)),
            Self::FloatList(values) => List::Float(values),
            Self::Int64(value) => List::Int64(slice::from_ref(value)),
            Self::Int64List(values) => List::Int64(values),
        }
    }

    /// Bytes of the `Feature` message.
    pub(super) fn encoded_len(&self) -> usize {
        write::delimited_len(self.list().encoded_len())
    }

    /// Writes the `Feature` message.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        let list = self.list();
        write::delimited(out, list.number(), list.encoded_len());
        list.write(out);
    }
}

impl List<'_, '_> {
    fn number(&self) -> u8 {
        match self {
            Self::Bytes(_) => 1,
            Self::Float(_) => 2,
            Self::Int64(_) => 3,
        }
    }

    fn encoded_len(&self) -> usize {
        match self {
            Self::Bytes(values) => {
                values.iter().map(|value| write::delimited_len(value.len())).sum()
            }
            Self::Float(values) => packed_len(values.len() * 4),
            Self::Int64(values) => packed_len(varints_len(values)),
        }
    }

    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Bytes(values) => values.iter().for_each(|value| write::bytes(out, 1, value)),
            Self::Float([]) | Self::Int64([]) => {}
            Self::Float(values) => {
                write::delimited(out, 1, values.len() * 4);
                values.iter().for_each(|value| out.extend_from_slice(&value.to_le_bytes()));
            }
            Self::Int64(values) => {
                write::delimited(out, 1, varints_len(values));
                values.iter().for_each(|value| write::varint(out, *value as u64));
            }
        }
    }
}

/// Bytes of a packed list, which is left out if it is empty.
fn packed_len(body: usize) -> usize {
    if body == 0 { 0 } else { write::delimited_len(body) }
}

fn varints_len(values: &[i64]) -> usize {
    values.iter().map(|value| write::varint_len(*value as u64)).sum()
}
