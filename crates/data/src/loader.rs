//! The loader: epochs of batches, made by its own threads.

mod threads;

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::batches::Batches;
use crate::decode::{AnyImage, Decoder};
use crate::error::DataError;
use crate::options::{LastBatch, LoaderOptions};
use crate::pixels::Pixels;
use crate::sampler::{EpochOrder, Sampler};
use crate::source::Source;
use crate::state::{LoaderState, OrderKey};
use crate::stats::Observer;
use crate::transform::Transform;

/// Loads a [`Source`] in batches.
///
/// The content of every batch is a function of the source, the options' seed, the epoch and the
/// batch's number: not of the number of workers, nor of which batches were loaded before.
///
/// ```
/// use std::sync::Arc;
/// use resnet_data::{Loader, LoaderOptions, SyntheticImages, Transform};
///
/// let source = Arc::new(SyntheticImages::new(100, 10, 0).with_side(40));
/// let options = LoaderOptions::train(32, 42, Transform::imagenet_train(32));
/// let loader = Loader::new(source, options)?;
/// assert_eq!(loader.batches_per_epoch(), 3);
///
/// let mut batches = loader.epoch(0, 0);
/// while let Some(batch) = batches.next() {
///     let batch = batch?;
///     assert_eq!(batch.images.len(), 32 * 32 * 32 * 3);
///     batches.recycle(batch);
/// }
/// # Ok::<(), resnet_data::DataError>(())
/// ```
pub struct Loader {
    source: Arc<dyn Source>,
    decoder: Arc<dyn Decoder>,
    sampler: Arc<Sampler>,
    options: LoaderOptions,
    pool: Pool,
    observer: Option<Observer>,
}

/// Memory of batches that are no longer needed, for those to come.
type Pool = (Sender<Pixels>, Receiver<Pixels>);

/// Without memory yet.
fn pool_for(options: &LoaderOptions) -> Pool {
    // One batch with the caller, one being made.
    bounded(options.prefetch + 2)
}

impl Loader {
    /// A loader for images in every format that [`AnyImage`] knows, with its defaults.
    ///
    /// # Errors
    ///
    /// If an option is outside its range, the source is empty, a full batch is wanted and there are
    /// fewer images, or the sampling needs weights or classes and they cannot be had.
    pub fn new(source: Arc<dyn Source>, options: LoaderOptions) -> Result<Self, DataError> {
        Self::with_decoder(source, options, Arc::new(AnyImage::default()))
    }

    /// A loader with its own decoder, for other formats or limits.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_decoder(
        source: Arc<dyn Source>,
        options: LoaderOptions,
        decoder: Arc<dyn Decoder>,
    ) -> Result<Self, DataError> {
        options.check()?;
        let len = source.len();
        if len == 0 {
            return Err(DataError::Empty { source_name: source.describe() });
        }
        if u32::try_from(len).is_err() {
            let allowed = "at most 4294967295 images";
            return Err(DataError::Option { option: "source", allowed, given: len.to_string() });
        }
        let sampler = Arc::new(Sampler::new(&*source, &options)?);
        let (len, batch_size) = (sampler.positions(), options.global_batch_size());
        if options.last_batch == LastBatch::Drop && batch_size > len {
            return Err(DataError::BatchTooLarge { batch_size, len });
        }
        let pool = pool_for(&options);
        Ok(Self { source, decoder, sampler, options, pool, observer: None })
    }

    /// The same loader with another transform, such as that of another size: the same images in the same
    /// order, and no label is asked for again.
    ///
    /// # Errors
    ///
    /// If a parameter of the transform is outside its range.
    pub fn with_transform(&self, transform: Transform) -> Result<Self, DataError> {
        let options = LoaderOptions { transform, ..self.options.clone() };
        options.check()?;
        Ok(Self {
            source: Arc::clone(&self.source),
            decoder: Arc::clone(&self.decoder),
            sampler: Arc::clone(&self.sampler),
            // Memory of batches of another size is of no use.
            pool: pool_for(&options),
            options,
            observer: self.observer.clone(),
        })
    }

    /// The same loader for other images: options, decoder and observer are those of this one.
    ///
    /// # Errors
    ///
    /// As [`new`](Self::new).
    pub fn with_source(&self, source: Arc<dyn Source>) -> Result<Self, DataError> {
        let same = Self::with_decoder(source, self.options.clone(), Arc::clone(&self.decoder))?;
        Ok(same.observed_by(self.observer.clone()))
    }

    /// The same loader, whose workers tell `observer`, if there is one, what they do.
    #[must_use]
    pub fn observed_by(self, observer: Option<Observer>) -> Self {
        Self { observer, ..self }
    }

    /// Number of batches in an epoch, the same for all.
    pub fn batches_per_epoch(&self) -> usize {
        let (positions, batch_size) = (self.sampler.positions(), self.options.global_batch_size());
        match self.options.last_batch {
            LastBatch::Drop => positions / batch_size,
            LastBatch::Mask => positions.div_ceil(batch_size),
        }
    }

    /// The options it was made with.
    pub fn options(&self) -> &LoaderOptions {
        &self.options
    }

    /// What it loads from.
    pub fn source(&self) -> &Arc<dyn Source> {
        &self.source
    }

    /// The numbers, in the source, of the images in batch `batch` of epoch `epoch`; none beyond the
    /// last batch.
    ///
    /// Made anew with every call, which takes as long as shuffling the epoch: for messages.
    pub fn samples(&self, epoch: u64, batch: usize) -> Vec<usize> {
        self.samples_in(&self.sampler.epoch(epoch), batch, self.options.batch_size)
    }

    /// As [`samples`](Self::samples), of the batches that all ranks have in this step.
    pub fn samples_of_all_ranks(&self, epoch: u64, batch: usize) -> Vec<usize> {
        let order = self.sampler.epoch(epoch).of_all_ranks();
        self.samples_in(&order, batch, self.options.global_batch_size())
    }

    fn samples_in(&self, order: &EpochOrder, batch: usize, batch_size: usize) -> Vec<usize> {
        if batch >= self.batches_per_epoch() {
            return Vec::new();
        }
        let positions = batch * batch_size..(batch + 1) * batch_size;
        positions.filter_map(|position| Some(order.draw(position)?.sample as usize)).collect()
    }

    /// Starts the threads of epoch `epoch` and returns its batches from `first_batch` on.
    ///
    /// The batches are those that an epoch from batch 0 has at these places. A `first_batch` beyond
    /// the last gives none. Memory is bounded: `prefetch + 2` batches and some images per worker.
    pub fn epoch(&self, epoch: u64, first_batch: usize) -> Batches {
        self.start(LoaderState { epoch, next_batch: first_batch, bad: 0, order: self.order_key() })
    }

    /// Goes on where [`Batches::state`] was taken: the same remaining batches, and bad images counted
    /// on. A state behind the last batch gives none: the next epoch is up to the caller.
    ///
    /// ```
    /// # use std::sync::Arc;
    /// # use resnet_data::{Loader, LoaderOptions, SyntheticImages, Transform};
    /// # let source = Arc::new(SyntheticImages::new(100, 10, 0).with_side(40));
    /// # let options = LoaderOptions::train(32, 42, Transform::imagenet_train(32));
    /// # let loader = Loader::new(source, options)?;
    /// let mut batches = loader.epoch(0, 0);
    /// let first = batches.next().expect("three batches")?;
    /// let saved = batches.state();
    ///
    /// let second = batches.next().expect("three batches")?;
    /// let resumed = loader.resume(&saved)?.next().expect("three batches")?;
    /// assert_eq!(resumed, second);
    /// # Ok::<(), resnet_data::DataError>(())
    /// ```
    ///
    /// # Errors
    ///
    /// If the state is of a loader with other images or another order; the error says what differs.
    pub fn resume(&self, state: &LoaderState) -> Result<Batches, DataError> {
        state.check_fits(&self.order_key(), self.batches_per_epoch())?;
        Ok(self.start(state.clone()))
    }

    fn order_key(&self) -> OrderKey {
        OrderKey::new(self.source.len(), &self.options)
    }
}
