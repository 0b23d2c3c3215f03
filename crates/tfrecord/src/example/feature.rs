//! One feature and the lists it can hold.

use std::fmt;

use super::Budget;
use super::count::{count_bytes, count_floats, count_ints};
use super::lists::{Bodies, BytesList, FloatList, Int64List};
use crate::Result;
use crate::wire::Cursor;

/// The type of a feature's values, named as in `feature.proto`.
///
/// ```
/// use tfrecord_codec::{Example, ExampleBuilder, FeatureKind};
///
/// let record = ExampleBuilder::new().float("weight", 0.5).build();
/// let example = Example::parse(&record)?;
/// let kind = example.get("weight").map(|feature| feature.kind());
/// assert_eq!(kind, Some(FeatureKind::Float));
/// assert_eq!(FeatureKind::Float.to_string(), "float_list");
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
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
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// let kinds: Vec<_> = example.iter().map(|(_, feature)| feature.kind().to_string()).collect();
    /// assert_eq!(kinds, ["int64_list", "float_list"]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn kind(&self) -> FeatureKind {
        self.kind
    }

    /// The number of values.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// assert_eq!(example.iter().map(|(_, feature)| feature.len()).collect::<Vec<_>>(), [1, 2]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn len(&self) -> usize {
        self.count
    }

    /// True if there are no values.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().float_list("scores", &[]).build();
    /// assert!(Example::parse(&record)?.get("scores").is_some_and(|feature| feature.is_empty()));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// The byte strings, if it holds such.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes("format", b"JPEG").build();
    /// let example = Example::parse(&record)?;
    /// let mut values = example.get("format").and_then(|feature| feature.bytes_list());
    /// assert_eq!(values.as_mut().and_then(Iterator::next), Some(&b"JPEG"[..]));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[inline]
    pub fn bytes_list(&self) -> Option<BytesList<'a>> {
        (self.kind == FeatureKind::Bytes).then(|| BytesList(self.bodies()))
    }

    /// The floats, if it holds such.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// let values = |name| example.get(name).and_then(|feature| feature.float_list());
    /// assert_eq!(values("scores").map(|values| values.sum()), Some(0.75_f32));
    /// assert!(values("label").is_none()); // an integer
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[inline]
    pub fn float_list(&self) -> Option<FloatList<'a>> {
        (self.kind == FeatureKind::Float).then(|| FloatList(self.bodies()))
    }

    /// The integers, if it holds such.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// let values = |name| example.get(name).and_then(|feature| feature.int64_list());
    /// assert_eq!(values("label").map(|values| values.sum()), Some(7_i64));
    /// assert!(values("scores").is_none()); // floats
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[inline]
    pub fn int64_list(&self) -> Option<Int64List<'a>> {
        (self.kind == FeatureKind::Int64).then(|| Int64List(self.bodies()))
    }

    fn bodies(&self) -> Bodies<'a> {
        let more = self.more.as_deref().map_or_else(Vec::new, Clone::clone);
        Bodies::new(self.body, more, self.count)
    }
}
