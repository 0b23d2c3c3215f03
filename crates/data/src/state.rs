//! A place in an epoch, from which to go on.

use serde::{Deserialize, Serialize};

use crate::error::DataError;
use crate::options::{LastBatch, LoaderOptions, Rank, Sampling};

/// How far an epoch has come: what [`Loader::resume`](crate::Loader::resume) needs to go on with the
/// next batch, in this process or another.
///
/// It is small and can be stored in any format of `serde`, for example in a checkpoint. The transform and
/// the weights of images are not part of it: keep them the same where the remaining batches must be.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LoaderState {
    pub(crate) epoch: u64,
    pub(crate) next_batch: usize,
    pub(crate) bad: usize,
    pub(crate) order: OrderKey,
}

/// What decides which image stands where in every epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OrderKey {
    images: usize,
    seed: u64,
    sampling: Sampling,
    batch_size: usize,
    last_batch: LastBatch,
    rank: Rank,
}

impl LoaderState {
    /// The epoch.
    pub fn epoch(&self) -> u64 {
        self.epoch
    }

    /// Number of the batch that comes next, which is the number of batches handed out.
    pub fn next_batch(&self) -> usize {
        self.next_batch
    }

    /// Bad images skipped in the epoch so far.
    pub fn bad(&self) -> usize {
        self.bad
    }

    /// Refuses a state of an epoch that had other batches.
    pub(crate) fn check_fits(&self, now: &OrderKey, batches: usize) -> Result<(), DataError> {
        let saved = &self.order;
        same("the number of images", &saved.images, &now.images)?;
        same("seed", &saved.seed, &now.seed)?;
        same("sampling", &saved.sampling, &now.sampling)?;
        same("batch_size", &saved.batch_size, &now.batch_size)?;
        same("last_batch", &saved.last_batch, &now.last_batch)?;
        same("rank", &saved.rank, &now.rank)?;
        if self.next_batch > batches {
            let given = self.next_batch.to_string();
            let allowed = "no more than the batches of an epoch";
            return Err(DataError::Option { option: "next_batch", allowed, given });
        }
        Ok(())
    }
}

impl OrderKey {
    pub(crate) fn new(images: usize, options: &LoaderOptions) -> Self {
        let &LoaderOptions { seed, sampling, batch_size, last_batch, rank, .. } = options;
        Self { images, seed, sampling, batch_size, last_batch, rank }
    }
}

fn same<T: PartialEq + std::fmt::Debug>(
    what: &'static str,
    saved: &T,
    now: &T,
) -> Result<(), DataError> {
    if saved == now {
        return Ok(());
    }
    let (saved, now) = (format!("{saved:?}"), format!("{now:?}"));
    Err(DataError::State { what, saved, now })
}
