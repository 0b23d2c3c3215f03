//! What is told of a data set.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::facts::Format;
use crate::dataset::LeftOut;
use crate::pixels::{Channels, Depth, PixelFormat};

/// What a data set holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Names of the classes, by label.
    pub classes: Vec<String>,
    /// The splits, in the order in which they were given.
    pub splits: Vec<SplitReport>,
    /// Images with the same pixels, and where they are.
    pub duplicates: Vec<Duplicate>,
    /// Groups with images in more than one split.
    pub shared_groups: Vec<SharedGroup>,
    /// What the data set lists but cannot be used; filled by
    /// [`check_for_training`](super::check_for_training).
    #[serde(default)]
    pub left_out: Vec<LeftOut>,
}

/// What one split holds. Sizes, formats and levels are those of the images that decode.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SplitReport {
    /// What the split is called.
    pub name: String,
    /// All images, bad ones too.
    pub images: u64,
    /// Images of each label that decode.
    pub images_per_class: Vec<u64>,
    /// Images in the largest class for one in the smallest that has any; `None` without images.
    pub imbalance: Option<f64>,
    /// Pixels in a row.
    pub width: Option<Quantiles>,
    /// Rows.
    pub height: Option<Quantiles>,
    /// Bytes of the stored image.
    pub bytes: Option<Quantiles>,
    /// How many images are stored in which form.
    pub formats: BTreeMap<Format, u64>,
    /// How many images are stored in grey and how many in colour.
    #[serde(default)]
    pub channels: BTreeMap<Channels, u64>,
    /// How many images are stored with 8 bits and how many with 16.
    #[serde(default)]
    pub depths: BTreeMap<Depth, u64>,
    /// Images whose pixels have no colour, however they are stored.
    pub grey: u64,
    /// The images without colour or those with colour, whichever are fewer: the first 20.
    #[serde(default)]
    pub odd_colour: Vec<Place>,
    /// Mean of red, green and blue over all pixels, from 0 to 1.
    pub mean: Option<[f64; 3]>,
    /// Standard deviation of red, green and blue over all pixels.
    pub std: Option<[f64; 3]>,
    /// Images that cannot be read or do not decode.
    pub bad: Vec<Bad>,
}

/// Mean and standard deviation of red, green and blue, levels from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normalization {
    /// What is subtracted.
    pub mean: [f32; 3],
    /// What is then divided by.
    pub std: [f32; 3],
}

/// Smallest value, quarter, half, three quarters and largest (the nearest ranks).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quantiles {
    /// Smallest.
    pub min: u64,
    /// A quarter of the values is no larger.
    pub q25: u64,
    /// Half of the values is no larger.
    pub median: u64,
    /// Three quarters of the values are no larger.
    pub q75: u64,
    /// Largest.
    pub max: u64,
}

/// An image of a split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The split.
    pub split: String,
    /// The image's number in the split.
    pub index: usize,
    /// Its label, where it could be read.
    pub label: Option<u32>,
    /// File, or shard and record.
    pub place: String,
}

/// An image that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bad {
    /// Which one.
    #[serde(flatten)]
    pub image: Place,
    /// What is wrong with it.
    pub reason: String,
}

/// Two or more images with the same pixels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duplicate {
    /// Whether they are in more than one split: an evaluation would test on what was learned.
    pub across_splits: bool,
    /// Whether they have different labels, so that at least one of them is wrong. Where an image has several, of
    /// which some may be unknown: whether one is known to be true here and not to be true there.
    pub contradicting: bool,
    /// All of them, in the order of splits and images.
    pub images: Vec<Place>,
}

/// A group that has images in more than one split.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SharedGroup {
    /// The group: a patient, for example.
    pub group: String,
    /// How many images it has in which split.
    pub images: BTreeMap<String, u64>,
}

impl Report {
    /// All bad images of all splits.
    pub fn bad(&self) -> impl Iterator<Item = &Bad> {
        self.splits.iter().flat_map(|split| &split.bad)
    }

    /// The name of a label; its number where there is no name.
    pub fn class_name(&self, label: usize) -> String {
        self.classes.get(label).cloned().unwrap_or_else(|| label.to_string())
    }
}

impl SplitReport {
    /// The form in which a loader keeps all that the images of this split hold: 16 bits if one of them
    /// is stored so, one channel if no pixel has colour.
    pub fn pixel_format(&self) -> PixelFormat {
        let sixteen = self.depths.contains_key(&Depth::Sixteen);
        let grey = self.grey == self.good();
        PixelFormat {
            channels: if grey { Channels::Grey } else { Channels::Rgb },
            depth: if sixteen { Depth::Sixteen } else { Depth::Eight },
        }
    }

    /// What a recipe normalises by, measured on these images: mean and standard deviation of red, green
    /// and blue, levels from 0 to 1, whatever their bits. `None` if nothing decodes, or a channel is the
    /// same everywhere.
    pub fn normalization(&self) -> Option<Normalization> {
        let (mean, std) = (self.mean?, self.std?);
        let single = |channels: [f64; 3]| channels.map(|value| value as f32);
        std.iter()
            .all(|&std| std > 0.0)
            .then(|| Normalization { mean: single(mean), std: single(std) })
    }

    /// Images that decode.
    pub fn good(&self) -> u64 {
        self.images - self.bad.len() as u64
    }

    /// Images that decode, of those classes for which `counts` says so.
    pub fn images_where(&self, counts: impl Fn(usize) -> bool) -> u64 {
        let numbered = self.images_per_class.iter().enumerate();
        numbered.filter(|(class, _)| counts(*class)).map(|(_, images)| images).sum()
    }

    /// How many images a label is known to be true and known not to be true of, where classes are `sets` of
    /// labels ([`Dataset::label_sets`](crate::Dataset::label_sets)), some of them with labels that are
    /// `unknown`.
    pub fn label_counts(
        &self,
        label: usize,
        sets: &[Vec<usize>],
        unknown: &[Vec<usize>],
    ) -> [u64; 2] {
        let has = |sets: &[Vec<usize>], class: usize| {
            sets.get(class).is_some_and(|set| set.contains(&label))
        };
        let neither = |class| !has(sets, class) && !has(unknown, class);
        [self.images_where(|class| has(sets, class)), self.images_where(neither)]
    }
}

impl Quantiles {
    /// Of these values, which are sorted on the way.
    pub(super) fn of(mut values: Vec<u64>) -> Option<Self> {
        values.sort_unstable();
        let last = values.len().checked_sub(1)?;
        let [min, q25, median, q75, max] = [0, 1, 2, 3, 4].map(|part| values[last * part / 4]);
        Some(Self { min, q25, median, q75, max })
    }
}
