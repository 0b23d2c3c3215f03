//! `tf.train.SequenceExample`: an example (the context) and lists of features, one per step.
//!
//! Source: `tensorflow/core/example/example.proto`. Field numbers: `SequenceExample.context` 1,
//! `feature_lists` 2; `FeatureLists.feature_list` 1, a map whose entries have `key` 1 and `value`
//! 2; `FeatureList.feature` 1.

use super::builder::{entry, entry_len, sort_by_name};
use super::table::Table;
use super::{Budget, Example, ExampleBuilder, Feature, FeatureValues, map_entry, shortened};
use crate::error::ErrorKind;
use crate::wire::{Cursor, write};
use crate::{Limits, Result};

/// A `tf.train.SequenceExample` read in place.
///
/// ```
/// use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExample, SequenceExampleBuilder};
///
/// let record = SequenceExampleBuilder::new()
///     .context(ExampleBuilder::new().int64("video/id", 7))
///     .list("frame/score", [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])])
///     .build();
///
/// let sequence = SequenceExample::parse(&record)?;
/// assert_eq!(sequence.context().int64("video/id")?, 7);
/// let steps = sequence.list("frame/score")?;
/// assert_eq!(steps.iter().map(|step| step.len()).collect::<Vec<_>>(), [1, 2]);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SequenceExample<'a> {
    context: Example<'a>,
    lists: Table<'a, Vec<Feature<'a>>>,
}

impl<'a> SequenceExample<'a> {
    /// Reads a record with the default limits.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// let sequence = SequenceExample::parse(&record)?; // a list "score" of two steps
    /// assert_eq!(sequence.list("score")?.len(), 2);
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
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::{Limits, SequenceExample};
    ///
    /// // The context's feature, the list and its two steps: four in all.
    /// assert!(SequenceExample::parse_with(&record, &Limits::default().max_features(4)).is_ok());
    /// assert!(SequenceExample::parse_with(&record, &Limits::default().max_features(3)).is_err());
    /// ```
    ///
    /// # Errors
    /// If the record is no such message or has more features and steps than `limits` allow.
    pub fn parse_with(record: &'a [u8], limits: &Limits) -> Result<Self> {
        let (mut message, mut budget) = (Cursor::new(record), Budget::new(limits));
        let mut sequence = Self::default();
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => sequence.context.merge(field.bytes()?, &mut budget)?,
                2 => sequence.merge_lists(field.bytes()?, &mut budget)?,
                _ => {}
            }
        }
        sequence.context.features.finish();
        sequence.lists.finish();
        Ok(sequence)
    }

    fn merge_lists(&mut self, mut lists: Cursor<'a>, budget: &mut Budget) -> Result<()> {
        while let Some(field) = lists.next_field()? {
            if field.number == 1 {
                budget.spend()?;
                let (name, steps) = map_entry(field.bytes()?, budget, merge_steps)?;
                self.lists.push(name, steps);
            }
        }
        Ok(())
    }

    /// The features that hold for the whole sequence.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// assert_eq!(SequenceExample::parse(&record)?.context().int64("id")?, 7);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn context(&self) -> &Example<'a> {
        &self.context
    }

    /// The steps of a list.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// let sequence = SequenceExample::parse(&record)?; // a list "score" of two steps
    /// let steps = sequence.list("score")?.iter().map(|step| step.len());
    /// assert_eq!(steps.collect::<Vec<_>>(), [1, 2]);
    /// assert!(sequence.list("frame").is_err());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    ///
    /// # Errors
    /// If there is no list of this name.
    pub fn list(&self, name: &str) -> Result<&[Feature<'a>]> {
        self.get(name).ok_or_else(|| {
            let present = shortened(self.keys());
            ErrorKind::FeatureMissing { name: name.to_owned(), present }.into()
        })
    }

    /// The steps of a list, if there is one of this name.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// let sequence = SequenceExample::parse(&record)?; // a list "score" of two steps
    /// assert_eq!(sequence.get("score").map(|steps| steps.len()), Some(2));
    /// assert!(sequence.get("frame").is_none());
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn get(&self, name: &str) -> Option<&[Feature<'a>]> {
        self.lists.get(name).map(Vec::as_slice)
    }

    /// The names of the lists in sorted order.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// assert_eq!(SequenceExample::parse(&record)?.keys().collect::<Vec<_>>(), ["score"]);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn keys(&self) -> impl Iterator<Item = &'a str> + '_ {
        self.iter().map(|(name, _)| name)
    }

    /// The lists in the order of their names.
    ///
    /// ```
    /// # use tfrecord_codec::{ExampleBuilder, FeatureValues, SequenceExampleBuilder};
    /// # let steps = [FeatureValues::Float(0.5), FeatureValues::FloatList(&[1.0, 2.0])];
    /// # let context = ExampleBuilder::new().int64("id", 7);
    /// # let record = SequenceExampleBuilder::new().context(context).list("score", steps).build();
    /// use tfrecord_codec::SequenceExample;
    ///
    /// for (name, steps) in SequenceExample::parse(&record)?.iter() {
    ///     println!("{name} has {} steps", steps.len());
    /// }
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    pub fn iter(&self) -> impl Iterator<Item = (&'a str, &[Feature<'a>])> + '_ {
        self.lists.sorted().map(|(name, steps)| (name, steps.as_slice()))
    }
}

/// Reads a `FeatureList` message into `steps`.
fn merge_steps<'a>(
    steps: &mut Vec<Feature<'a>>,
    mut list: Cursor<'a>,
    budget: &mut Budget,
) -> Result<()> {
    while let Some(field) = list.next_field()? {
        if field.number == 1 {
            budget.spend()?;
            let mut step = Feature::default();
            step.merge(field.bytes()?, budget)?;
            steps.push(step);
        }
    }
    Ok(())
}

/// Builds a `tf.train.SequenceExample`, with the same order and the same rule for repeated names
/// as [`ExampleBuilder`].
///
/// ```
/// use tfrecord_codec::{FeatureValues, SequenceExample, SequenceExampleBuilder};
///
/// let frames: [&[u8]; 2] = [b"first", b"second"];
/// let steps = frames.map(FeatureValues::Bytes);
/// let record = SequenceExampleBuilder::new().list("frames", steps).build();
/// assert_eq!(SequenceExample::parse(&record)?.list("frames")?.len(), 2);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct SequenceExampleBuilder<'a> {
    context: ExampleBuilder<'a>,
    lists: Vec<(&'a str, Vec<FeatureValues<'a>>)>,
}

impl<'a> SequenceExampleBuilder<'a> {
    /// A sequence without features.
    ///
    /// ```
    /// assert_eq!(tfrecord_codec::SequenceExampleBuilder::new().build(), b"");
    /// ```
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets the features that hold for the whole sequence.
    ///
    /// ```
    /// use tfrecord_codec::{ExampleBuilder, SequenceExample, SequenceExampleBuilder};
    ///
    /// let context = ExampleBuilder::new().bytes("title", b"a film");
    /// let record = SequenceExampleBuilder::new().context(context).build();
    /// assert_eq!(SequenceExample::parse(&record)?.context().bytes("title")?, b"a film");
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn context(mut self, context: ExampleBuilder<'a>) -> Self {
        self.context = context;
        self
    }

    /// Adds a list, one feature per step.
    ///
    /// ```
    /// use tfrecord_codec::{FeatureValues, SequenceExample, SequenceExampleBuilder};
    ///
    /// let steps = (0..3).map(FeatureValues::Int64);
    /// let record = SequenceExampleBuilder::new().list("token", steps).build();
    /// assert_eq!(SequenceExample::parse(&record)?.list("token")?.len(), 3);
    /// # Ok::<(), tfrecord_codec::Error>(())
    /// ```
    #[must_use]
    pub fn list(
        mut self,
        name: &'a str,
        steps: impl IntoIterator<Item = FeatureValues<'a>>,
    ) -> Self {
        self.lists.push((name, steps.into_iter().collect()));
        self
    }

    /// The record.
    ///
    /// ```
    /// use tfrecord_codec::SequenceExampleBuilder;
    ///
    /// // Equal lists make equal bytes, whatever their order.
    /// let record = SequenceExampleBuilder::new().list("a", []).list("b", []).build();
    /// assert_eq!(record, SequenceExampleBuilder::new().list("b", []).list("a", []).build());
    /// ```
    pub fn build(mut self) -> Vec<u8> {
        self.context.sort();
        sort_by_name(&mut self.lists);
        let lists_len = self.lists.iter().map(|(name, steps)| list_len(name, steps)).sum();
        let lists_field = if self.lists.is_empty() { 0 } else { write::delimited_len(lists_len) };
        let mut record = Vec::with_capacity(self.context.encoded_len() + lists_field);
        self.context.write(&mut record);
        if !self.lists.is_empty() {
            write::delimited(&mut record, 2, lists_len);
        }
        for (name, steps) in &self.lists {
            entry(&mut record, name, steps_len(steps));
            for step in steps {
                write::delimited(&mut record, 1, step.encoded_len());
                step.write(&mut record);
            }
        }
        record
    }
}

/// Bytes of a list's map entry as a field.
fn list_len(name: &str, steps: &[FeatureValues<'_>]) -> usize {
    write::delimited_len(entry_len(name, steps_len(steps)))
}

/// Bytes of a `FeatureList` message.
fn steps_len(steps: &[FeatureValues<'_>]) -> usize {
    steps.iter().map(|step| write::delimited_len(step.encoded_len())).sum()
}
