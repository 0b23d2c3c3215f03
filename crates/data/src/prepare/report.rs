//! What was made, as it is written to `dataset.json` and, per shard, into the work folder.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::measure::{Side, Sums};
use super::options::RawLayout;
use super::plan::Plan;

/// What was prepared: the content of `dataset.json`.
///
/// It holds no time and no absolute path, so the same input and options make the same bytes.
///
/// ```no_run
/// use resnet_data::prepare::DatasetReport;
///
/// let text = std::fs::read_to_string("imagenet/dataset.json")?;
/// let dataset: DatasetReport = serde_json::from_str(&text)?;
/// for image in dataset.train.skipped {
///     println!("{} of {}: {}", image.file, image.class, image.reason);
/// }
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DatasetReport {
    /// Version of this file's format.
    pub format: u32,
    /// The crate that wrote the shards, and its version.
    pub made_by: String,
    /// The layout that was found.
    pub layout: RawLayout,
    /// Where the training images, the validation images and (if they lie apart) the validation
    /// labels came from, relative to the raw folder.
    pub sources: Vec<String>,
    /// Files beside the images that are none, and were left out.
    pub ignored_files: usize,
    /// Everything that decides the bytes of the shards.
    pub plan: Plan,
    /// The training images.
    pub train: PreparedSplit,
    /// The validation images.
    pub validation: PreparedSplit,
}

/// One split of the data set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PreparedSplit {
    /// Images in the shards.
    pub images: u64,
    /// Bytes of the shards.
    pub bytes: u64,
    /// Heights of the stored images.
    pub height: Range,
    /// Widths of the stored images.
    pub width: Range,
    /// Mean of the red, green and blue levels, from 0 to 1, of the images whose pixels were computed:
    /// those that were measured or changed. Absent if there were none.
    pub mean: Option<[f64; 3]>,
    /// Standard deviation of the levels.
    pub std: Option<[f64; 3]>,
    /// Images in the shards by class.
    pub images_per_class: BTreeMap<String, u64>,
    /// Images that were made smaller.
    pub made_smaller: u64,
    /// Images that were no RGB JPEG.
    pub reencoded: Vec<Reencoded>,
    /// Images that are not in the shards, because they are bad.
    pub skipped: Vec<Skipped>,
    /// The shards.
    pub shards: Vec<ShardReport>,
}

/// Smallest, mean and largest of something.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Smallest.
    pub min: u64,
    /// Mean.
    pub mean: f64,
    /// Largest.
    pub max: u64,
}

/// A finished shard.
///
/// Its sums are kept with it, so that a run that continues needs to read no finished shard to say
/// what the whole contains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardReport {
    /// File name.
    pub name: String,
    /// Length of the file.
    pub bytes: u64,
    /// SHA-256 of the file.
    pub sha256: String,
    /// Sums over its images.
    pub sums: Sums,
    /// Images that were made smaller.
    pub made_smaller: u64,
    /// Images that were no RGB JPEG.
    pub reencoded: Vec<Reencoded>,
    /// Images that were left out.
    pub skipped: Vec<Skipped>,
}

/// An image that was no RGB JPEG and is one now.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reencoded {
    /// File name.
    pub file: String,
    /// `png` or `cmyk`.
    pub from: String,
}

/// An image that was left out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// File name.
    pub file: String,
    /// Identifier of its class.
    pub class: String,
    /// Why.
    pub reason: String,
}

impl PreparedSplit {
    /// Adds up the shards; `listed` has the number of raw images of each class.
    pub(super) fn new(mut listed: BTreeMap<String, u64>, shards: Vec<ShardReport>) -> Self {
        let mut sums = Sums::default();
        let (mut reencoded, mut skipped) = (Vec::new(), Vec::new());
        for shard in &shards {
            sums.merge(&shard.sums);
            reencoded.extend_from_slice(&shard.reencoded);
            skipped.extend_from_slice(&shard.skipped);
        }
        for image in &skipped {
            if let Some(count) = listed.get_mut(&image.class) {
                *count = count.saturating_sub(1);
            }
        }
        let (mean, std) = sums.mean_and_std().unzip();
        Self {
            images: sums.images,
            bytes: shards.iter().map(|shard| shard.bytes).sum(),
            height: Range::of(&sums.height, sums.images),
            width: Range::of(&sums.width, sums.images),
            mean,
            std,
            images_per_class: listed,
            made_smaller: shards.iter().map(|shard| shard.made_smaller).sum(),
            reencoded,
            skipped,
            shards,
        }
    }
}

impl Range {
    fn of(side: &Side, images: u64) -> Self {
        Self { min: side.min, mean: side.sum as f64 / images.max(1) as f64, max: side.max }
    }
}
