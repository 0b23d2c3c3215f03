use crate::error::DataError;
use crate::transform::{Transform, require};

/// How a [`Loader`](crate::Loader) loads. Everything but `workers` and `prefetch` decides what the
/// batches contain; those two only decide how fast they come.
#[derive(Clone, Debug, PartialEq)]
pub struct LoaderOptions {
    /// Images per batch.
    pub batch_size: usize,
    /// Threads that read, decode and transform.
    pub workers: usize,
    /// Batches that are made in advance.
    pub prefetch: usize,
    /// Key of the order and of the random transforms.
    pub seed: u64,
    /// Whether each epoch has its own random order; otherwise it is the order of the source.
    pub shuffle: bool,
    /// What happens to images that do not fill a batch.
    pub last_batch: LastBatch,
    /// What happens at an image that does not decode.
    pub on_bad_image: OnBadImage,
    /// What is done to each image.
    pub transform: Transform,
}

/// What happens to images that do not fill a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LastBatch {
    /// They are left out of this epoch: for training.
    Drop,
    /// They make a last batch whose other slots have weight 0: for validation, where every image
    /// counts once.
    Mask,
}

/// What happens at an image that does not decode or cannot be transformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnBadImage {
    /// The epoch ends with an error that names it.
    Fail,
    /// It is counted, named in its batch, and has weight 0.
    Skip {
        /// More bad images than this in one epoch are an error. An epoch that is resumed in the
        /// middle counts from there.
        max: usize,
    },
}

impl LoaderOptions {
    /// For training: shuffled, last images dropped, stop at bad images, one worker per core, two
    /// batches in advance.
    pub fn train(batch_size: usize, seed: u64, transform: Transform) -> Self {
        Self {
            batch_size,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            prefetch: 2,
            seed,
            shuffle: true,
            last_batch: LastBatch::Drop,
            on_bad_image: OnBadImage::Fail,
            transform,
        }
    }

    /// For validation: in the order of the source, every image once; otherwise as [`Self::train`].
    pub fn validation(batch_size: usize, transform: Transform) -> Self {
        let train = Self::train(batch_size, 0, transform);
        Self { shuffle: false, last_batch: LastBatch::Mask, ..train }
    }

    /// Checks that every option is in its range.
    pub(crate) fn check(&self) -> Result<(), DataError> {
        // The ceilings are far above sense; they keep products from overflowing.
        require(
            (1..=1 << 20).contains(&self.batch_size),
            "batch_size",
            "from 1 to 1048576",
            &self.batch_size,
        )?;
        require((1..=4096).contains(&self.workers), "workers", "from 1 to 4096", &self.workers)?;
        require((1..=4096).contains(&self.prefetch), "prefetch", "from 1 to 4096", &self.prefetch)?;
        self.transform.check()
    }
}
