//! The images of a run, and whether it goes on with those that it began with.

use std::sync::Arc;

use resnet_data::{DataError, Source};
use resnet_files::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Images of each part that are looked at.
const PROBES: usize = 16;

/// The images of a run.
#[derive(Clone)]
pub struct Datasets {
    /// What is learnt from.
    pub train: Arc<dyn Source>,
    /// What is judged by.
    pub validation: Arc<dyn Source>,
}

/// The images of a run, as far as a glance tells: their number, and the content of a few.
///
/// Where they lie is no part of it: a data set may be moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    train: Part,
    validation: Part,
}

/// One part of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Part {
    images: usize,
    /// SHA-256 over labels and bytes of [`PROBES`] images at equal distances.
    probes: String,
}

impl Identity {
    /// Reads 16 images of each part.
    ///
    /// # Errors
    /// [`DataError`] if one of them cannot be read.
    pub fn of(datasets: &Datasets) -> Result<Self, DataError> {
        Ok(Self {
            train: Part::of(&*datasets.train)?,
            validation: Part::of(&*datasets.validation)?,
        })
    }

    /// Training and validation images.
    #[must_use]
    pub fn counts(&self) -> [usize; 2] {
        [self.train.images, self.validation.images]
    }

    /// What differs from the images of a saved run, in words; nothing if all is the same.
    #[must_use]
    pub fn differences(&self, saved: &Self) -> Vec<String> {
        let parts = [
            ("training", &saved.train, &self.train),
            ("validation", &saved.validation, &self.validation),
        ];
        parts.into_iter().filter_map(|(name, was, is)| is.difference(was, name)).collect()
    }
}

impl Part {
    fn of(source: &dyn Source) -> Result<Self, DataError> {
        let (images, mut hasher, mut record) = (source.len(), Sha256::new(), Vec::new());
        let count = PROBES.min(images);
        for probe in 0..count {
            let sample = source.read(probe * images / count, &mut record)?;
            hasher.update(sample.label.to_le_bytes());
            hasher.update((record.len() as u64).to_le_bytes());
            hasher.update(&record);
        }
        Ok(Self { images, probes: hex(&hasher.finalize()) })
    }

    fn difference(&self, was: &Self, name: &str) -> Option<String> {
        if self.images != was.images {
            return Some(format!(
                "there were {} {name} images and are now {}",
                was.images, self.images
            ));
        }
        (self.probes != was.probes).then(|| format!("the {name} images are others"))
    }
}
