//! A folder that TensorFlow Datasets prepared.
//!
//! Source: tensorflow_datasets, `core/naming.py` (file names) and `image_classification/imagenet.py`
//! (features).

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use super::error::DatasetError;
use super::{DatasetOptions, Splits, classes};
use crate::records::{ImageRecords, Keys};
use crate::{shards, split_name};

/// Between the name of the split and the shard's number.
const FORMAT: &str = ".tfrecord";

pub(super) fn open(
    folder: &Path,
    options: &DatasetOptions,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let classes = class_names(folder, options)?;
    let labels = options.labels(0, classes.len());
    let mut splits = Splits::new();
    for prefix in shards::prefixes(folder, &shards::entries(folder)?)? {
        let Some(set) = prefix.strip_suffix(FORMAT) else { continue };
        // `imagenet2012-train`; names of data sets have underscores, but no hyphens.
        let name = set.rsplit_once('-').map_or(set, |(_, split)| split);
        let shards: Vec<PathBuf> = shards::find(folder, &prefix)?;
        let images = ImageRecords::of_shards(shards, name, labels, &Keys::TFDS)?;
        splits.push((split_name::usual(name).to_owned(), Arc::new(images)));
    }
    Ok((classes, splits))
}

/// The names in `label.labels.txt`, else as many numbers as `features.json` says there are classes.
fn class_names(folder: &Path, options: &DatasetOptions) -> Result<Vec<String>, DatasetError> {
    if let Some(names) = classes::lines(&folder.join("label.labels.txt"))? {
        return Ok(names);
    }
    let count = match options.num_classes {
        Some(count) => Some(count),
        None => count(&folder.join("features.json"))?,
    };
    let unknown = || {
        let problem = "no label.labels.txt, and features.json does not say how many classes there \
                       are: copy these files too, or set the number of classes";
        DatasetError::content(folder, problem)
    };
    Ok(classes::numbered(count.ok_or_else(unknown)?))
}

fn count(features: &Path) -> Result<Option<u32>, DatasetError> {
    let Some(text) = classes::read(features)? else { return Ok(None) };
    let features: Value = serde_json::from_str(&text).map_err(|error| {
        DatasetError::content(features, format!("not JSON ({error}): copy it again"))
    })?;
    // A 64-bit number, which JSON of protobuf messages has as text.
    let count = &features["featuresDict"]["features"]["label"]["classLabel"]["numClasses"];
    let count = count.as_str().and_then(|count| count.parse().ok());
    Ok(count.filter(|&count| count <= classes::MAX_CLASSES))
}
