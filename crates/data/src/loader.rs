//! The loader: epochs of batches, made by its own threads.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::batch::Batch;
use crate::batches::Batches;
use crate::collector::{Collector, WINDOW_PER_WORKER};
use crate::decode::{Decoder, Jpeg};
use crate::error::DataError;
use crate::options::{LastBatch, LoaderOptions};
use crate::sampler::EpochOrder;
use crate::source::Source;
use crate::stats::Clocks;
use crate::worker::{Shared, Worker};

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
    options: LoaderOptions,
    pool: Pool,
}

/// Memory of batches that are no longer needed, for those to come.
type Pool = (Sender<Vec<u8>>, Receiver<Vec<u8>>);

impl Loader {
    /// A loader for JPEG images.
    ///
    /// # Errors
    ///
    /// If an option is outside its range, the source is empty, or a full batch is wanted and there
    /// are fewer images.
    pub fn new(source: Arc<dyn Source>, options: LoaderOptions) -> Result<Self, DataError> {
        Self::with_decoder(source, options, Arc::new(Jpeg::default()))
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
        let (len, batch_size) = (source.len(), options.batch_size);
        if len == 0 {
            return Err(DataError::Empty { source_name: source.describe() });
        }
        if u32::try_from(len).is_err() {
            let allowed = "at most 4294967295 images";
            return Err(DataError::Option { option: "source", allowed, given: len.to_string() });
        }
        if options.last_batch == LastBatch::Drop && batch_size > len {
            return Err(DataError::BatchTooLarge { batch_size, len });
        }
        // One batch with the caller, one being made.
        let pool = bounded(options.prefetch + 2);
        Ok(Self { source, decoder, options, pool })
    }

    /// Number of batches in an epoch, the same for all.
    pub fn batches_per_epoch(&self) -> usize {
        let (len, batch_size) = (self.source.len(), self.options.batch_size);
        match self.options.last_batch {
            LastBatch::Drop => len / batch_size,
            LastBatch::Mask => len.div_ceil(batch_size),
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
        let LoaderOptions { batch_size, seed, shuffle, .. } = self.options;
        if batch >= self.batches_per_epoch() {
            return Vec::new();
        }
        let order = EpochOrder::new(self.source.len(), seed, epoch, shuffle);
        let first = batch * batch_size;
        (first..first + batch_size).filter_map(|position| order.sample(position)).collect()
    }

    /// Starts the threads of epoch `epoch` and returns its batches from `first_batch` on.
    ///
    /// The batches are those that an epoch from batch 0 has at these places. A `first_batch` beyond
    /// the last gives none. Memory is bounded: `prefetch + 2` batches and some images per worker.
    pub fn epoch(&self, epoch: u64, first_batch: usize) -> Batches {
        let shared = Arc::new(Shared {
            source: Arc::clone(&self.source),
            decoder: Arc::clone(&self.decoder),
            transform: self.options.transform.clone(),
            seed: self.options.seed,
            epoch,
            clocks: Clocks::default(),
            stop: AtomicBool::new(false),
        });
        let (sender, receiver) = bounded(self.options.prefetch);
        let remaining = self.batches_per_epoch().saturating_sub(first_batch);
        let mut batches = Batches::new(shared, receiver, self.pool.0.clone(), remaining);
        if let Err(error) = self.start_threads(&mut batches, sender, first_batch) {
            batches.fail(DataError::Thread(error));
        }
        batches
    }

    fn start_threads(
        &self,
        batches: &mut Batches,
        sender: Sender<Result<Batch, DataError>>,
        first_batch: usize,
    ) -> std::io::Result<()> {
        let workers = self.options.workers;
        let (tasks, task_receiver) = bounded(workers * WINDOW_PER_WORKER);
        let (done_sender, done) = bounded(workers * WINDOW_PER_WORKER);
        for number in 0..workers {
            let worker = Worker::new(Arc::clone(batches.shared()));
            let (tasks, done) = (task_receiver.clone(), done_sender.clone());
            batches.spawn(format!("load-{number}"), move || worker.run(&tasks, &done))?;
        }
        let (shared, options) = (Arc::clone(batches.shared()), self.options.clone());
        let recycled = self.pool.1.clone();
        let (len, range) = (self.source.len(), first_batch..self.batches_per_epoch());
        batches.spawn("load-collect".to_owned(), move || {
            // The order is made here because shuffling millions of samples takes a while.
            let order = EpochOrder::new(len, options.seed, shared.epoch, options.shuffle);
            let next_task = first_batch.saturating_mul(options.batch_size);
            let (batches, early) = (sender, BTreeMap::new());
            Collector {
                options,
                order,
                shared,
                tasks,
                done,
                batches,
                recycled,
                early,
                next_task,
                bad: 0,
            }
            .run(range);
        })
    }
}
