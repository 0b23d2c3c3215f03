//! `tf.train.Example`: named features, each a list of bytes, floats or integers.
//!
//! Source: `tensorflow/core/example/example.proto` and `feature.proto`. Field numbers:
//! `Example.features` 1; `Features.feature` 1, a map whose entries have `key` 1 and `value` 2;
//! `Feature.bytes_list` 1, `float_list` 2, `int64_list` 3; `value` 1 in each list.

use crate::error::ErrorKind;
use crate::wire::Cursor;
use crate::{Error, Limits, Result};

mod builder;
mod canonical;
mod count;
mod feature;
mod lists;
mod sequence;
mod table;
mod values;

pub use builder::ExampleBuilder;
pub use feature::{Feature, FeatureKind};
pub use lists::{BytesList, FloatList, Int64List};
pub use sequence::{SequenceExample, SequenceExampleBuilder};
pub use values::FeatureValues;

use table::Table;

/// A `tf.train.Example` read in place: names and bytes are borrowed from the record.
///
/// Parsing checks the whole message, so the values need no further checks. Unknown fields are
/// skipped, and where a name occurs twice the last one counts, as in protobuf. Up to 16 features
/// nothing is allocated.
///
/// ```
/// use tfrecord_codec::{Example, ExampleBuilder};
///
/// let record = ExampleBuilder::new()
///     .bytes("image/encoded", b"\xff\xd8...")
///     .int64("image/class/label", 281)
///     .float_list("image/object/bbox/xmin", &[0.25, 0.5])
///     .build();
///
/// let example = Example::parse(&record)?;
/// assert_eq!(example.bytes("image/encoded")?, b"\xff\xd8...");
/// assert_eq!(example.int64("image/class/label")?, 281);
/// assert_eq!(example.float_list("image/object/bbox/xmin")?.collect::<Vec<_>>(), [0.25, 0.5]);
///
/// let error = example.int64("image/encoded").expect_err("it holds bytes");
/// assert_eq!(error.to_string(), r#"feature "image/encoded" is of type bytes_list, not int64_list"#);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct Example<'a> {
    features: Table<'a, Feature<'a>>,
}

impl<'a> Example<'a> {
    /// Reads a record with the default limits.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().int64("label", 7).build();
    /// assert_eq!(Example::parse(&record)?.int64("label")?, 7);
    /// assert!(Example::parse(b"no example").is_err());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the record is no such message or has too many features.
    pub fn parse(record: &'a [u8]) -> Result<Self> {
        Self::parse_with(record, &Limits::default())
    }

    /// Reads a record.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder, Limits};
    ///
    /// let record = ExampleBuilder::new().int64("a", 1).int64("b", 2).build();
    /// let error = Example::parse_with(&record, &Limits::default().max_features(1));
    /// assert!(error.expect_err("there are two").to_string().contains("more than 1 features"));
    /// ```
    ///
    /// # Errors
    /// If the record is no such message or has more features than `limits` allow.
    pub fn parse_with(record: &'a [u8], limits: &Limits) -> Result<Self> {
        let (mut message, mut budget) = (Cursor::new(record), Budget::new(limits));
        let mut example = Self::default();
        while let Some(field) = message.next_field()? {
            if field.number == 1 {
                example.merge(field.bytes()?, &mut budget)?;
            }
        }
        example.features.finish();
        Ok(example)
    }

    /// Reads a `Features` message into this one.
    fn merge(&mut self, mut features: Cursor<'a>, budget: &mut Budget) -> Result<()> {
        loop {
            let entry = match features.take(canonical::ENTRY) {
                Some(entry) => entry,
                None => match features.next_field()? {
                    Some(field) if field.number == 1 => field.bytes()?,
                    Some(_) => continue,
                    None => return Ok(()),
                },
            };
            budget.spend()?;
            let (name, feature) = match canonical::entry(entry.as_bytes()) {
                Some(known) => known,
                None => map_entry(entry, budget, Feature::merge)?,
            };
            self.features.push(name, feature);
        }
    }

    /// The feature of this name.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and "scores"
    /// assert_eq!(example.get("scores").map(|feature| feature.len()), Some(2));
    /// assert!(example.get("weight").is_none());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&Feature<'a>> {
        self.features.get(name)
    }

    /// True if there is a feature of this name.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and "scores"
    /// assert!(example.contains("label") && !example.contains("weight"));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn contains(&self, name: &str) -> bool {
        self.get(name).is_some()
    }

    /// The names in sorted order.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// assert_eq!(Example::parse(&record)?.keys().collect::<Vec<_>>(), ["label", "scores"]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.iter().map(|(name, _)| name)
    }

    /// The features in the order of their names.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// for (name, feature) in Example::parse(&record)?.iter() {
    ///     println!("{name} holds {} values of type {}", feature.len(), feature.kind());
    /// }
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &Feature<'a>)> + '_ {
        self.features.sorted()
    }

    /// The one byte string of a feature.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes("format", b"JPEG").build();
    /// assert_eq!(Example::parse(&record)?.bytes("format")?, b"JPEG");
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing, of another type or does not hold exactly one value.
    #[inline]
    pub fn bytes(&self, name: &str) -> Result<&'a [u8]> {
        single(name, self.bytes_list(name)?)
    }

    /// The one integer of a feature.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// assert_eq!(example.int64("label")?, 7);
    /// let error = example.int64("scores").expect_err("these are floats");
    /// assert_eq!(error.to_string(), r#"feature "scores" is of type float_list, not int64_list"#);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing, of another type or does not hold exactly one value.
    #[inline]
    pub fn int64(&self, name: &str) -> Result<i64> {
        single(name, self.int64_list(name)?)
    }

    /// The one float of a feature.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// let error = example.float("scores").expect_err("there are two");
    /// assert!(error.to_string().starts_with(r#"feature "scores" holds 2 values"#));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing, of another type or does not hold exactly one value.
    #[inline]
    pub fn float(&self, name: &str) -> Result<f32> {
        single(name, self.float_list(name)?)
    }

    /// The byte strings of a feature.
    ///
    /// ```
    /// use tfrecord_codec::{Example, ExampleBuilder};
    ///
    /// let record = ExampleBuilder::new().bytes_list("words", &[b"to", b"be"]).build();
    /// let words = Example::parse(&record)?.bytes_list("words")?;
    /// assert_eq!(words.collect::<Vec<_>>(), [b"to", b"be"]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing or of another type.
    pub fn bytes_list(&self, name: &str) -> Result<BytesList<'a>> {
        let feature = self.expect(name)?;
        feature.bytes_list().ok_or_else(|| wrong_kind(name, feature, FeatureKind::Bytes))
    }

    /// The integers of a feature.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// let example = Example::parse(&record)?; // of a "label" and two "scores"
    /// assert_eq!(example.int64_list("label")?.collect::<Vec<_>>(), [7]);
    /// let error = example.int64_list("sizes").expect_err("there are none");
    /// assert!(error.to_string().starts_with(r#"no feature named "sizes""#));
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing or of another type.
    pub fn int64_list(&self, name: &str) -> Result<Int64List<'a>> {
        let feature = self.expect(name)?;
        feature.int64_list().ok_or_else(|| wrong_kind(name, feature, FeatureKind::Int64))
    }

    /// The floats of a feature.
    ///
    /// ```
    /// # let builder = tfrecord_codec::ExampleBuilder::new().int64("label", 7);
    /// # let record = builder.float_list("scores", &[0.25, 0.5]).build();
    /// use tfrecord_codec::Example;
    ///
    /// assert_eq!(Example::parse(&record)?.float_list("scores")?.collect::<Vec<_>>(), [0.25, 0.5]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If the feature is missing or of another type.
    pub fn float_list(&self, name: &str) -> Result<FloatList<'a>> {
        let feature = self.expect(name)?;
        feature.float_list().ok_or_else(|| wrong_kind(name, feature, FeatureKind::Float))
    }

    fn expect(&self, name: &str) -> Result<&Feature<'a>> {
        self.get(name).ok_or_else(|| {
            let present = shortened(self.keys());
            ErrorKind::FeatureMissing { name: name.to_owned(), present }.into()
        })
    }
}

/// How many features and list steps, or summaries and their strings, may still come.
pub(crate) struct Budget {
    left: usize,
    limit: usize,
}

impl Budget {
    pub(crate) fn new(limits: &Limits) -> Self {
        Self { left: limits.features, limit: limits.features }
    }

    #[inline]
    pub(crate) fn spend(&mut self) -> Result<()> {
        match self.left.checked_sub(1) {
            Some(left) => self.left = left,
            None => return Err(ErrorKind::TooManyFeatures { limit: self.limit }.into()),
        }
        Ok(())
    }
}

/// Reads an entry of a map from names, which are text, to messages; `merge` reads one occurrence
/// of the value.
fn map_entry<'a, T: Default>(
    mut entry: Cursor<'a>,
    budget: &mut Budget,
    merge: impl Fn(&mut T, Cursor<'a>, &mut Budget) -> Result<()>,
) -> Result<(&'a [u8], T)> {
    let (mut name, mut value) = (&b""[..], T::default());
    while let Some(field) = entry.next_field()? {
        match field.number {
            1 => name = field.utf8()?,
            2 => merge(&mut value, field.bytes()?, budget)?,
            _ => {}
        }
    }
    Ok((name, value))
}

#[inline]
fn single<T>(name: &str, mut values: impl ExactSizeIterator<Item = T>) -> Result<T> {
    match (values.len(), values.next()) {
        (1, Some(value)) => Ok(value),
        (found, _) => Err(ErrorKind::FeatureCount { name: name.to_owned(), found }.into()),
    }
}

#[cold]
fn wrong_kind(name: &str, feature: &Feature<'_>, wanted: FeatureKind) -> Error {
    ErrorKind::FeatureType { name: name.to_owned(), found: feature.kind(), wanted }.into()
}

/// The names, as many as fit a message.
#[cold]
fn shortened<'n>(names: impl Iterator<Item = &'n str>) -> String {
    const SHOWN: usize = 12;
    let names: Vec<_> = names.collect();
    let mut text =
        names.iter().take(SHOWN).map(|name| shorten(name)).collect::<Vec<_>>().join(", ");
    match names.len() {
        0 => text.push_str("no features"),
        all if all > SHOWN => text.push_str(&format!(" and {} more", all - SHOWN)),
        _ => {}
    }
    text
}

/// A name that came from the input, short enough for a message.
fn shorten(name: &str) -> String {
    const SHOWN: usize = 80;
    match name.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{:?}…", &name[..at]),
        None => format!("{name:?}"),
    }
}
