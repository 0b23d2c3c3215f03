use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::pixels::PixelFormat;
use crate::transform::{Crop, Transform, Views, require};

/// How a [`Loader`](crate::Loader) loads. Everything but `workers` and `prefetch` decides what the
/// batches contain; those two only decide how fast they come.
#[derive(Clone, Debug, PartialEq)]
pub struct LoaderOptions {
    /// Images per batch; with several ranks, per batch of each.
    pub batch_size: usize,
    /// Threads that read, decode and transform.
    pub workers: usize,
    /// Batches that are made in advance.
    pub prefetch: usize,
    /// Key of the order and of the random transforms.
    pub seed: u64,
    /// Which images an epoch has, and in which order.
    pub sampling: Sampling,
    /// Which part of every epoch this process loads.
    pub rank: Rank,
    /// What happens to images that do not fill a batch.
    pub last_batch: LastBatch,
    /// What happens at an image that does not decode.
    pub on_bad_image: OnBadImage,
    /// What is done to each image.
    pub transform: Transform,
    /// How many images each image becomes, one after the other in its slot of the batch.
    pub views: Views,
    /// The form of the pixels in a batch.
    pub format: PixelFormat,
}

/// Which images an epoch has, and in which order.
///
/// Every [`Source`](crate::Source) is indexed, so a random order is one of the whole data set, never of
/// a buffer. It depends on seed and epoch alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Sampling {
    /// Every image once, in the order of the source.
    Sequential,
    /// Every image once, each epoch in its own random order.
    Shuffled,
    /// Every image several times, each time with its own random transform: an epoch is as many times
    /// longer. The appearances of an image stand side by side, so mostly in one (global) batch.
    ///
    /// Source: Hoffer et al., "Augment your batch", 2019, arXiv:1901.09335.
    Repeated {
        /// How often an image appears in an epoch, from 1 to 1024.
        times: u32,
    },
    /// As many draws as there are images, with replacement, each image in proportion to
    /// [`Source::weight`](crate::Source::weight); PyTorch's `WeightedRandomSampler`.
    Weighted,
    /// As many draws as there are images, with replacement, each class equally likely, and within a
    /// class each image. Needs the class of every image when the loader is made
    /// ([`Source::label`](crate::Source::label)).
    ClassBalanced,
}

/// Which part of every epoch a process loads, where several train together.
///
/// In each step the ranks together load one stretch of the epoch's order, and take its images by
/// turns: no image twice, the same *global* batch for any number of ranks of which it is a multiple.
/// All ranks have the same number of batches. What is missing in the last is padding of weight 0, spread
/// evenly; it may be a whole batch of a rank.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rank {
    /// Number of this process, from 0.
    pub index: usize,
    /// Number of processes.
    pub size: usize,
}

impl Rank {
    /// The only process.
    pub const ALONE: Self = Self { index: 0, size: 1 };
}

/// What happens to images that do not fill a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// It is counted and named in its batch. In its slot the first good image of the batch stands once
    /// more, with weight 0: no other image moves, so a validation stays exact, and an epoch that is
    /// resumed is the one that was interrupted.
    Skip {
        /// More bad images than this in one epoch are an error. [`Loader::resume`](crate::Loader::resume) goes
        /// on counting, [`Loader::epoch`](crate::Loader::epoch) counts from its first batch. Each rank
        /// counts its own.
        max: usize,
    },
}

impl LoaderOptions {
    /// For training: shuffled, last images dropped, stop at bad images, one worker per core, two
    /// batches in advance, 8-bit RGB.
    pub fn train(batch_size: usize, seed: u64, transform: Transform) -> Self {
        Self {
            batch_size,
            workers: std::thread::available_parallelism().map_or(1, usize::from),
            prefetch: 2,
            seed,
            sampling: Sampling::Shuffled,
            rank: Rank::ALONE,
            last_batch: LastBatch::Drop,
            on_bad_image: OnBadImage::Fail,
            transform,
            views: Views::Single,
            format: PixelFormat::default(),
        }
    }

    /// For validation: in the order of the source, every image once; otherwise as [`Self::train`].
    pub fn validation(batch_size: usize, transform: Transform) -> Self {
        let train = Self::train(batch_size, 0, transform);
        Self { sampling: Sampling::Sequential, last_batch: LastBatch::Mask, ..train }
    }

    /// Images per step of all ranks together.
    pub(crate) fn global_batch_size(&self) -> usize {
        // Both are checked to be at most 2^20.
        self.batch_size * self.rank.size
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
        let Rank { index, size } = self.rank;
        require((1..=1 << 20).contains(&size), "rank.size", "from 1 to 1048576", &size)?;
        require(index < size, "rank.index", "below rank.size", &index)?;
        if let Sampling::Repeated { times } = self.sampling {
            require((1..=1024).contains(&times), "times", "from 1 to 1024", &times)?;
        }
        self.check_views()?;
        self.transform.check()
    }

    fn check_views(&self) -> Result<(), DataError> {
        let Transform { crop, size, .. } = self.transform;
        let has_corners = matches!(crop, Crop::ResizeCenterCrop { resize } if resize >= size);
        let possible = has_corners || self.views != Views::TenCrop;
        let allowed = "Single or Flip, unless the crop is ResizeCenterCrop and resizes to no less than the size";
        require(possible, "views", allowed, &(self.views, crop))
    }
}
