//! Writing a `tf.train.Example`.

use super::FeatureValues;
use crate::wire::write;

/// Builds a `tf.train.Example`.
///
/// Names and values are borrowed until [`build`](Self::build). Names are written in the order of
/// their bytes, so equal features make equal bytes. They are those of Python's
/// `SerializeToString(deterministic=True)`, unless one name is the start of another: protobuf's
/// Python library puts the longer of the two first. A name that is given twice counts as given
/// last.
///
/// ```
/// use tfrecord_codec::{Example, ExampleBuilder};
///
/// let (image, boxes) = (vec![0xff_u8, 0xd8], [0.1_f32, 0.9]);
/// let record = ExampleBuilder::new()
///     .bytes("image/encoded", &image)
///     .bytes("image/format", b"JPEG")
///     .int64("image/height", 375)
///     .float_list("image/object/bbox/xmin", &boxes)
///     .build();
/// assert_eq!(Example::parse(&record)?.keys().count(), 4);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct ExampleBuilder<'a> {
    features: Vec<(&'a str, FeatureValues<'a>)>,
}

impl<'a> ExampleBuilder<'a> {
    /// An example without features.
    ///
    /// ```
    /// assert_eq!(tfrecord_codec::ExampleBuilder::new().build(), b"");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a byte string.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes("format", b"PNG").bytes("format", b"JPEG").build();
    /// assert_eq!(Example::parse(&record)?.bytes("format")?, b"JPEG"); // the last one counts
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn bytes(self, name: &'a str, value: &'a [u8]) -> Self {
        self.feature(name, FeatureValues::Bytes(value))
    }

    /// Adds a list of byte strings.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes_list("words", &[b"to", b"be"]).build();
    /// assert_eq!(Example::parse(&record)?.bytes_list("words")?.len(), 2);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn bytes_list(self, name: &'a str, values: &'a [&'a [u8]]) -> Self {
        self.feature(name, FeatureValues::BytesList(values))
    }

    /// Adds an integer.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().int64("label", -1).build();
    /// assert_eq!(Example::parse(&record)?.int64("label")?, -1);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn int64(self, name: &'a str, value: i64) -> Self {
        self.feature(name, FeatureValues::Int64(value))
    }

    /// Adds a list of integers.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().int64_list("shape", &[28, 28, 1]).build();
    /// assert_eq!(Example::parse(&record)?.int64_list("shape")?.sum::<i64>(), 57);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn int64_list(self, name: &'a str, values: &'a [i64]) -> Self {
        self.feature(name, FeatureValues::Int64List(values))
    }

    /// Adds a float.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().float("weight", 0.5).build();
    /// assert_eq!(Example::parse(&record)?.float("weight")?, 0.5);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn float(self, name: &'a str, value: f32) -> Self {
        self.feature(name, FeatureValues::Float(value))
    }

    /// Adds a list of floats.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().float_list("scores", &[]).build();
    /// assert_eq!(Example::parse(&record)?.float_list("scores")?.len(), 0); // there, and empty
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn float_list(self, name: &'a str, values: &'a [f32]) -> Self {
        self.feature(name, FeatureValues::FloatList(values))
    }

    /// Adds a feature of any type.
    ///
    /// ```
    /// use tfrecord_codec::{ExampleBuilder, FeatureValues};
    ///
    /// let record = ExampleBuilder::new().feature("label", FeatureValues::Int64(7)).build();
    /// assert_eq!(record, ExampleBuilder::new().int64("label", 7).build());
    /// ```
    #[must_use]
    pub fn feature(mut self, name: &'a str, values: FeatureValues<'a>) -> Self {
        self.features.push((name, values));
        self
    }

    /// The record.
    ///
    /// ```
    /// use tfrecord_codec::ExampleBuilder;
    ///
    /// // Equal features make equal bytes, whatever their order.
    /// let record = ExampleBuilder::new().int64("a", 1).int64("b", 2).build();
    /// assert_eq!(record, ExampleBuilder::new().int64("b", 2).int64("a", 1).build());
    /// ```
    pub fn build(self) -> Vec<u8> {
        let mut record = Vec::new();
        self.build_into(&mut record);
        record
    }

    /// Writes the record into `record`, whose old content is replaced.
    ///
    /// ```
    /// use tfrecord_codec::{ExampleBuilder, RecordWriter};
    ///
    /// let (mut writer, mut record) = (RecordWriter::new(Vec::new()), Vec::new());
    /// for label in 0..10 {
    ///     ExampleBuilder::new().int64("label", label).build_into(&mut record);
    ///     writer.write(&record)?;
    /// }
    /// assert_eq!(writer.records(), 10);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn build_into(mut self, record: &mut Vec<u8>) {
        record.clear();
        self.sort();
        self.write(record);
    }

    /// Puts the names in order and drops all but the last of equal ones.
    pub(super) fn sort(&mut self) {
        sort_by_name(&mut self.features);
    }

    /// Bytes of the `Features` message.
    fn features_len(&self) -> usize {
        let entry = |(name, values): &(&str, FeatureValues<'_>)| {
            write::delimited_len(entry_len(name, values.encoded_len()))
        };
        self.features.iter().map(entry).sum()
    }

    /// Bytes of the `Example` message, which is empty if there are no features.
    pub(super) fn encoded_len(&self) -> usize {
        if self.features.is_empty() { 0 } else { write::delimited_len(self.features_len()) }
    }

    /// Writes the `Example` message; [`sort`](Self::sort) comes first.
    pub(super) fn write(&self, out: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let features_len = self.features_len();
        out.reserve_exact(write::delimited_len(features_len));
        write::delimited(out, 1, features_len);
        for (name, values) in &self.features {
            entry(out, name, values.encoded_len());
            values.write(out);
        }
    }
}

/// Puts names in order and drops all but the last of equal ones.
pub(super) fn sort_by_name<T>(entries: &mut Vec<(&str, T)>) {
    // The sort is stable: reversed first, the last of equal names is the one `dedup` keeps.
    entries.reverse();
    entries.sort_by_key(|(name, _)| *name);
    entries.dedup_by_key(|(name, _)| *name);
}

/// Bytes of a map entry whose value has `value_len` bytes.
pub(super) fn entry_len(name: &str, value_len: usize) -> usize {
    write::delimited_len(name.len()) + write::delimited_len(value_len)
}

/// Writes a map entry up to its value, of which `value_len` bytes must follow.
pub(super) fn entry(out: &mut Vec<u8>, name: &str, value_len: usize) {
    write::delimited(out, 1, entry_len(name, value_len));
    write::bytes(out, 1, name.as_bytes());
    write::delimited(out, 2, value_len);
}
