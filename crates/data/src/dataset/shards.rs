//! TFRecord shards as TensorFlow's scripts and `prepare` write them.

use std::path::Path;
use std::sync::Arc;

use super::error::DatasetError;
use super::{DatasetOptions, Splits, classes};
use crate::prepare::DatasetReport;
use crate::records::{ImageRecords, Keys, LabelRange};
use crate::{Source, shards, split_name};

/// Classes of ImageNet, which such shards hold if nothing else is said.
const IMAGENET: u32 = 1000;

pub(super) fn open(
    folder: &Path,
    options: &DatasetOptions,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let classes = match classes::beside(folder)? {
        Some(names) => names,
        None => classes::numbered(options.num_classes.unwrap_or(IMAGENET)),
    };
    let labels = options.labels(offset(folder)?, classes.len());
    let mut splits = Splits::new();
    for prefix in shards::prefixes(folder, &shards::entries(folder)?)? {
        let name = split_name::usual(&prefix);
        splits.push((name.to_owned(), images(folder, &prefix, labels)?));
    }
    Ok((classes, splits))
}

fn images(
    folder: &Path,
    prefix: &str,
    labels: LabelRange,
) -> Result<Arc<dyn Source>, DatasetError> {
    let shards = shards::find(folder, prefix)?;
    Ok(Arc::new(ImageRecords::of_shards(shards, prefix, labels, &Keys::IMAGENET)?))
}

/// The label of the first class: what `dataset.json` says, else that of `imagenet_to_gcs.py`.
fn offset(folder: &Path) -> Result<u32, DatasetError> {
    let path = folder.join("dataset.json");
    let Some(text) = classes::read(&path)? else { return Ok(1) };
    let report: DatasetReport = serde_json::from_str(&text).map_err(|error| {
        DatasetError::content(&path, format!("not as prepare writes it ({error}): remove it"))
    })?;
    Ok(report.plan.label_offset)
}
