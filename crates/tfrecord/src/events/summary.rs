//! `tf.Summary.Value`: one named thing that TensorBoard shows.
//!
//! Field numbers: `tag` 1, `simple_value` 2, `image` 4, `histo` 5, `tensor` 8, `metadata` 9;
//! `SummaryMetadata.plugin_data` 1 with `plugin_name` 1 and `content` 2, `data_class` 4.

use super::{Histogram, Image, tensor};
use crate::Result;
use crate::example::Budget;
use crate::wire::{Cursor, Field, write};

/// A tag, a value, and which TensorBoard plugin shows it.
///
/// ```
/// use tfrecord_codec::events::{Summary, SummaryValue};
///
/// let summary = Summary::text("notes", "# A run");
/// assert_eq!(summary.plugin, "text");
/// assert_eq!(summary.value, SummaryValue::Strings(vec![b"# A run".to_vec()]));
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Summary {
    /// The name of the series, `/`-separated.
    pub tag: String,
    /// The plugin; empty for scalars, images and histograms, which TensorBoard knows.
    pub plugin: String,
    /// A message of the plugin's own.
    pub plugin_content: Vec<u8>,
    /// The value.
    pub value: SummaryValue,
}

/// The value of a [`Summary`].
///
/// ```
/// use tfrecord_codec::events::{Summary, SummaryValue};
///
/// match Summary::scalar("loss", 0.5).value {
///     SummaryValue::Scalar(value) => assert_eq!(value, 0.5),
///     other => panic!("{other:?}"),
/// }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
#[non_exhaustive]
pub enum SummaryValue {
    /// None, as in the summaries of the hparams plugin, or of a type that is not modelled here.
    #[default]
    None,
    /// A number: TensorFlow 2's one-element float tensors are read as this too.
    Scalar(f32),
    /// A picture.
    Image(Image),
    /// A distribution.
    Histogram(Histogram),
    /// Byte strings: the text plugin, and TensorFlow 2's images.
    Strings(Vec<Vec<u8>>),
}

/// TensorBoard's `DataClass`: how it stores a series.
const DATA_CLASS_TENSOR: u64 = 2;

impl Summary {
    fn new(tag: &str, value: SummaryValue) -> Self {
        Self { tag: tag.to_owned(), value, ..Self::default() }
    }

    /// A point of a curve.
    ///
    /// ```
    /// use tfrecord_codec::events::{Summary, SummaryValue};
    ///
    /// assert_eq!(Summary::scalar("loss", 0.5).value, SummaryValue::Scalar(0.5));
    /// ```
    pub fn scalar(tag: &str, value: f32) -> Self {
        Self::new(tag, SummaryValue::Scalar(value))
    }

    /// A picture.
    ///
    /// ```
    /// use tfrecord_codec::events::{Image, Summary, SummaryValue};
    ///
    /// let image = Image { width: 32, height: 16, encoded: b"GIF89a...".to_vec() };
    /// assert_eq!(Summary::image("input", image.clone()).value, SummaryValue::Image(image));
    /// ```
    pub fn image(tag: &str, image: Image) -> Self {
        Self::new(tag, SummaryValue::Image(image))
    }

    /// A distribution.
    ///
    /// ```
    /// use tfrecord_codec::events::{Histogram, Summary};
    ///
    /// let summary = Summary::histogram("weights", Histogram::of([0.1, -0.2]));
    /// assert_eq!(summary.tag, "weights");
    /// ```
    pub fn histogram(tag: &str, histogram: Histogram) -> Self {
        Self::new(tag, SummaryValue::Histogram(histogram))
    }

    /// A text, shown as Markdown.
    ///
    /// ```
    /// use tfrecord_codec::events::{Summary, SummaryValue};
    ///
    /// let summary = Summary::text("notes", "**bold**");
    /// assert_eq!(summary.value, SummaryValue::Strings(vec![b"**bold**".to_vec()]));
    /// ```
    pub fn text(tag: &str, markdown: &str) -> Self {
        let strings = SummaryValue::Strings(vec![markdown.as_bytes().to_vec()]);
        Self { plugin: "text".to_owned(), ..Self::new(tag, strings) }
    }

    /// A message for a plugin, without a value.
    pub(super) fn plugin(tag: &str, plugin: &str, content: Vec<u8>) -> Self {
        let plugin = plugin.to_owned();
        Self { plugin, plugin_content: content, ..Self::new(tag, SummaryValue::None) }
    }

    pub(super) fn parse(mut message: Cursor<'_>, budget: &mut Budget) -> Result<Self> {
        let mut summary = Self::default();
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => summary.tag = field.str()?.to_owned(),
                9 => summary.parse_metadata(field.bytes()?)?,
                _ => summary.parse_value(field, budget)?,
            }
        }
        Ok(summary)
    }

    fn parse_value(&mut self, field: Field<'_>, budget: &mut Budget) -> Result<()> {
        self.value = match field.number {
            2 => SummaryValue::Scalar(field.f32()?),
            4 => SummaryValue::Image(Image::parse(field.bytes()?)?),
            5 => SummaryValue::Histogram(Histogram::parse(field.bytes()?)?),
            8 => tensor::parse(field.bytes()?, budget)?,
            _ => return Ok(()),
        };
        Ok(())
    }

    fn parse_metadata(&mut self, mut message: Cursor<'_>) -> Result<()> {
        while let Some(field) = message.next_field()? {
            if field.number == 1 {
                self.parse_plugin(field.bytes()?)?;
            }
        }
        Ok(())
    }

    fn parse_plugin(&mut self, mut message: Cursor<'_>) -> Result<()> {
        while let Some(field) = message.next_field()? {
            match field.number {
                1 => self.plugin = field.str()?.to_owned(),
                2 => self.plugin_content = field.bytes()?.as_bytes().to_vec(),
                _ => {}
            }
        }
        Ok(())
    }

    pub(super) fn write(&self, out: &mut Vec<u8>) {
        write::bytes(out, 1, self.tag.as_bytes());
        match &self.value {
            SummaryValue::None => {}
            SummaryValue::Scalar(value) => write::f32_field(out, 2, *value),
            SummaryValue::Image(image) => write::message(out, 4, |out| image.write(out)),
            SummaryValue::Histogram(histogram) => {
                write::message(out, 5, |out| histogram.write(out));
            }
            SummaryValue::Strings(strings) => {
                write::message(out, 8, |out| tensor::write_strings(out, strings));
            }
        }
        if !self.plugin.is_empty() {
            write::message(out, 9, |out| self.write_metadata(out));
        }
    }

    fn write_metadata(&self, out: &mut Vec<u8>) {
        write::message(out, 1, |out| {
            write::bytes(out, 1, self.plugin.as_bytes());
            if !self.plugin_content.is_empty() {
                write::bytes(out, 2, &self.plugin_content);
            }
        });
        if self.value != SummaryValue::None {
            write::varint_field(out, 4, DATA_CLASS_TENSOR);
        }
    }
}
