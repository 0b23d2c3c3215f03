//! Images in TFRecord shards.

mod files;
mod known_labels;

use std::ops::Range;
use std::path::{Path, PathBuf};

use tfrecord_codec::Example;

use crate::error::DataError;
use crate::shards::{self, Split};
use crate::source::{Picture, Sample, Source};
use files::ShardFiles;
use known_labels::KnownLabels;

/// The images of one split, in TFRecord shards with the schema of `imagenet_to_gcs.py`.
///
/// Used of each record: `image/encoded`, `image/class/label`, and `image/filename` for messages. The label of
/// a record that was read is kept: asking for it again reads nothing.
#[derive(Debug)]
pub struct ImageRecords {
    files: ShardFiles,
    /// Of the split, for messages.
    name: String,
    labels: LabelRange,
    known: KnownLabels,
    keys: &'static Keys,
}

/// The features of a record that are used.
#[derive(Debug)]
pub(crate) struct Keys {
    pub(crate) image: &'static str,
    pub(crate) label: &'static str,
    pub(crate) filename: &'static str,
}

impl Keys {
    /// Of TensorFlow's `imagenet_to_gcs.py`.
    pub(crate) const IMAGENET: Self =
        Self { image: "image/encoded", label: "image/class/label", filename: "image/filename" };

    /// Of TensorFlow Datasets' `imagenet2012` and other sets of labelled images.
    pub(crate) const TFDS: Self = Self { image: "image", label: "label", filename: "file_name" };
}

/// How the labels of the records are numbered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LabelRange {
    /// Number of classes; batches hold labels from 0 to `num_classes - 1`.
    pub num_classes: u32,
    /// The label of the first class: 1 for shards made by `imagenet_to_gcs.py`, which keeps 0 for a
    /// background class that no image has.
    pub offset: u32,
}

impl LabelRange {
    /// Labels from 1 to `num_classes`, as in ImageNet's shards.
    pub fn imagenet(num_classes: u32) -> Self {
        Self { num_classes, offset: 1 }
    }

    /// Labels from 0 to `num_classes - 1`.
    pub fn from_zero(num_classes: u32) -> Self {
        Self { num_classes, offset: 0 }
    }

    /// The class of a label, counted from 0.
    pub(crate) fn class(self, label: i64) -> Option<u32> {
        let class = u32::try_from(label.checked_sub(i64::from(self.offset))?).ok()?;
        (class < self.num_classes).then_some(class)
    }

    /// The class of a label, or what is wrong with it.
    pub(crate) fn checked(self, label: i64) -> Result<u32, String> {
        let first = i64::from(self.offset);
        let last = first + i64::from(self.num_classes) - 1;
        self.class(label).ok_or_else(|| {
            format!(
                "label {label} is outside {first}..={last}. Set the number of classes, or the label \
                 offset; a negative label says that the image has none"
            )
        })
    }
}

impl ImageRecords {
    /// Finds the shards of `split` in `data_dir`, or in `train/` or `validation/` below it, and reads
    /// where their records lie.
    ///
    /// # Errors
    ///
    /// If the folder or its shards are missing, the set of shards is not complete, or a shard is
    /// truncated or is no TFRecord file.
    pub fn open(data_dir: &Path, split: Split, labels: LabelRange) -> Result<Self, DataError> {
        let shards = shards::find(data_dir, split.prefix())?;
        Self::of_shards(shards, split.prefix(), labels, &Keys::IMAGENET)
    }

    /// The images of these shards, at least one, which are the whole split `name`.
    pub(crate) fn of_shards(
        shards: Vec<PathBuf>,
        name: &str,
        labels: LabelRange,
        keys: &'static Keys,
    ) -> Result<Self, DataError> {
        let files = ShardFiles::open(shards)?;
        if files.len() == 0 {
            let source_name = format!("the {name} set in {}", files.folder().display());
            return Err(DataError::Empty { source_name });
        }
        let known = KnownLabels::none_of(files.len());
        Ok(Self { files, name: name.to_owned(), labels, known, keys })
    }

    /// How labels are numbered.
    pub fn labels(&self) -> LabelRange {
        self.labels
    }

    /// Number of shards.
    pub fn shards(&self) -> usize {
        self.files.shards()
    }

    fn label_error(&self, index: usize, label: i64) -> DataError {
        let place = self.files.place(index);
        let LabelRange { num_classes, offset } = self.labels;
        let first = i64::from(offset);
        DataError::Label {
            path: place.path.to_owned(),
            record: place.record,
            offset: place.offset,
            label,
            first,
            last: first + i64::from(num_classes) - 1,
        }
    }
}

impl Source for ImageRecords {
    fn len(&self) -> usize {
        self.files.len()
    }

    fn read(&self, index: usize, record: &mut Vec<u8>) -> Result<Sample, DataError> {
        self.files.read(index, record)?;
        let fields = Fields::of(record, self.keys).map_err(|error| {
            let place = self.files.place(index);
            let error = error.with_record(place.record as u64, place.offset);
            let Keys { image, label, .. } = self.keys;
            DataError::Record { source: error.with_path(place.path), image, label }
        })?;
        let class = self.labels.class(fields.label);
        let label = class.ok_or_else(|| self.label_error(index, fields.label))?;
        self.known.keep(index, label);
        Ok(Sample { label, picture: Picture::Encoded(fields.encoded), filename: fields.filename })
    }

    fn label(&self, index: usize) -> Result<u32, DataError> {
        let read = || Ok(self.read(index, &mut Vec::new())?.label);
        self.known.get(index).map_or_else(read, Ok)
    }

    fn place(&self, index: usize) -> String {
        let place = self.files.place(index);
        format!("{}, record {} at byte {}", place.path.display(), place.record, place.offset)
    }

    fn describe(&self) -> String {
        let (len, shards, folder) = (self.len(), self.shards(), self.files.folder().display());
        format!("{len} {} images in {shards} shards in {folder}", self.name)
    }
}

/// What is used of a record, as places in it.
struct Fields {
    label: i64,
    encoded: Range<usize>,
    filename: Range<usize>,
}

impl Fields {
    fn of(record: &[u8], keys: &Keys) -> Result<Self, tfrecord_codec::Error> {
        let example = Example::parse(record)?;
        let encoded = range_in(record, example.bytes(keys.image)?);
        let label = example.int64(keys.label)?;
        // Only for messages: a record without a name is as good.
        let filename = example.bytes(keys.filename).unwrap_or_default();
        Ok(Self { label, encoded, filename: range_in(record, filename) })
    }
}

/// Where `part` lies in `whole`, of which it is a slice. An empty slice may come from elsewhere.
fn range_in(whole: &[u8], part: &[u8]) -> Range<usize> {
    if part.is_empty() {
        return 0..0;
    }
    let start = part.as_ptr().addr() - whole.as_ptr().addr();
    start..start + part.len()
}

#[cfg(test)]
mod tests {
    use super::LabelRange;

    #[test]
    fn labels_outside_the_range_have_no_class() {
        let imagenet = LabelRange::imagenet(1000);
        assert_eq!(imagenet.class(0), None);
        assert_eq!(imagenet.class(1), Some(0));
        assert_eq!(imagenet.class(1000), Some(999));
        assert_eq!(imagenet.class(1001), None);
        assert_eq!(imagenet.class(i64::MIN), None);
        assert_eq!(LabelRange::from_zero(10).class(0), Some(0));
        assert_eq!(LabelRange::from_zero(10).class(-1), None);
        assert_eq!(LabelRange::from_zero(10).class(i64::MAX), None);
    }
}
