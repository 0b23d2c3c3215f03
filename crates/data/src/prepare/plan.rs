//! What is to be written, decided before the first byte.

use resnet_files::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::boxes;
use super::error::PrepareError;
use super::layout::RawData;
use super::listing::Listing;
use super::options::PrepareOptions;
use crate::Split;
use crate::sampler::permutation;

/// Everything that decides the bytes of the shards. A folder is continued only with an equal plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Key of the order of the training images.
    pub seed: u64,
    /// Training shards.
    pub train_shards: usize,
    /// Validation shards.
    pub validation_shards: usize,
    /// Label of the first class.
    pub label_offset: u32,
    /// Longest shorter side of a stored image.
    pub short_side: Option<u32>,
    /// JPEG quality of images that were made smaller.
    pub quality: Option<u8>,
    /// Compression of the shards.
    pub compression: String,
    /// Whether bounding boxes are stored.
    pub boxes: bool,
    /// SHA-256 of the list of their annotations: names and lengths; `None` without boxes.
    #[serde(default)]
    pub boxes_sha256: Option<String>,
    /// Whether every image is checked.
    pub verify: bool,
    /// Of how many images pixels are measured.
    pub measure: usize,
    /// SHA-256 of the list of images: names, classes and, in archives, lengths.
    pub listing_sha256: String,
}

/// A shard to be written.
pub(super) struct Job {
    pub(super) name: String,
    pub(super) split: Split,
    /// Numbers of its images in the listing of the split, in order.
    pub(super) images: Vec<u32>,
}

impl Plan {
    pub(super) fn new(data: &RawData, options: &PrepareOptions) -> Result<Self, PrepareError> {
        let train_shards = options
            .train_shards
            .count("train_shards", data.train.len(), || total_bytes(&data.train))?;
        let validation_shards =
            options.validation_shards.count("validation_shards", data.validation.len(), || {
                total_bytes(&data.validation)
            })?;
        Ok(Self {
            seed: options.seed,
            train_shards,
            validation_shards,
            label_offset: options.label_offset,
            short_side: options.short_side,
            quality: options.short_side.map(|_| options.quality),
            compression: options.compression.to_string(),
            boxes: options.boxes.is_some(),
            boxes_sha256: options.boxes.as_deref().map(boxes::listing_sha256).transpose()?,
            verify: options.verify,
            measure: options.measure,
            listing_sha256: listing_sha256(data),
        })
    }

    /// The first difference to another plan, in words.
    pub(super) fn difference(&self, other: &Self) -> Option<String> {
        let fields = |plan: &Self| match serde_json::to_value(plan) {
            Ok(serde_json::Value::Object(fields)) => fields,
            _ => serde_json::Map::new(),
        };
        let (ours, theirs) = (fields(self), fields(other));
        let (name, value) = ours.iter().find(|(name, value)| theirs.get(*name) != Some(value))?;
        let theirs = theirs.get(name).map_or_else(|| "nothing".to_owned(), ToString::to_string);
        Some(format!("{name} is {theirs} there and {value} here"))
    }

    /// All shards, those of the training images first.
    pub(super) fn jobs(&self, data: &RawData) -> Vec<Job> {
        let train = permutation(data.train.len(), self.seed, 0);
        let validation: Vec<u32> = (0..).take(data.validation.len()).collect();
        let mut jobs = split_jobs(Split::Train, &train, self.train_shards);
        jobs.extend(split_jobs(Split::Validation, &validation, self.validation_shards));
        jobs
    }
}

/// Shards whose sizes differ by one image at most.
///
/// The reference fills shards to the same number, which leaves the last ones short or, with few
/// images, empty; a trainer that gives whole shards to its readers wants them even.
fn split_jobs(split: Split, order: &[u32], shards: usize) -> Vec<Job> {
    // In u64: 1,281,167 images by 99,999 shards do not fit 32 bits.
    let bound = |shard: usize| (order.len() as u64 * shard as u64 / shards as u64) as usize;
    let job = |shard| Job {
        name: format!("{}-{shard:05}-of-{shards:05}", split.prefix()),
        split,
        images: order[bound(shard)..bound(shard + 1)].to_vec(),
    };
    (0..shards).map(job).collect()
}

fn total_bytes(listing: &Listing) -> Result<u64, PrepareError> {
    (0..listing.len()).map(|index| listing.stored_len(index)).sum()
}

fn listing_sha256(data: &RawData) -> String {
    let mut sum = Sha256::new();
    for listing in [&data.train, &data.validation] {
        for index in 0..listing.len() {
            let (class, name) = (&data.classes[listing.class(index)].id, listing.name(index));
            sum.update(format!("{class}/{name} {}\n", listing.known_len(index)));
        }
        sum.update("\n");
    }
    hex(&sum.finalize())
}
