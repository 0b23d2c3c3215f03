use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Where the time of an epoch's loading went.
///
/// `read`, `decode` and `transform` are sums over all worker threads; `wait` is the time that the
/// caller spent in `next`: as long as it is small, loading does not hold training up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct LoaderStats {
    /// Time the caller waited for batches.
    pub wait: Duration,
    /// Time spent reading records, over all workers.
    pub read: Duration,
    /// Time spent decoding, over all workers.
    pub decode: Duration,
    /// Time spent on transforms, over all workers.
    pub transform: Duration,
    /// Images prepared, those not yet handed out included.
    pub images: u64,
    /// Bad images in the batches handed out.
    pub bad: usize,
}

/// A part of what a worker does for each image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoaderStage {
    /// The record is read.
    Read,
    /// It becomes a picture.
    Decode,
    /// It is cropped, resized and changed.
    Transform,
}

/// Hears of every stage at its end, with the moment when it began, on the worker's thread.
pub type Observer = Arc<dyn Fn(LoaderStage, Instant) + Send + Sync>;

/// The workers' share of [`LoaderStats`], counted by all of them at once.
#[derive(Default)]
pub(crate) struct Clocks {
    observer: Option<Observer>,
    read: AtomicU64,
    decode: AtomicU64,
    transform: AtomicU64,
    images: AtomicU64,
}

impl Clocks {
    pub(crate) fn new(observer: Option<Observer>) -> Self {
        Self { observer, ..Self::default() }
    }

    pub(crate) fn snapshot(&self) -> LoaderStats {
        // The counters are independent of each other and of any data: no ordering is needed.
        let time = |counter: &AtomicU64| Duration::from_nanos(counter.load(Ordering::Relaxed));
        LoaderStats {
            wait: Duration::ZERO,
            read: time(&self.read),
            decode: time(&self.decode),
            transform: time(&self.transform),
            images: self.images.load(Ordering::Relaxed),
            bad: 0,
        }
    }

    pub(crate) fn count_image(&self) {
        self.images.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn time_read<T>(&self, work: impl FnOnce() -> T) -> T {
        self.timed(LoaderStage::Read, &self.read, work)
    }

    pub(crate) fn time_decode<T>(&self, work: impl FnOnce() -> T) -> T {
        self.timed(LoaderStage::Decode, &self.decode, work)
    }

    pub(crate) fn time_transform<T>(&self, work: impl FnOnce() -> T) -> T {
        self.timed(LoaderStage::Transform, &self.transform, work)
    }

    fn timed<T>(&self, stage: LoaderStage, counter: &AtomicU64, work: impl FnOnce() -> T) -> T {
        let start = Instant::now();
        let result = work();
        let nanos = u64::try_from(start.elapsed().as_nanos()).unwrap_or(u64::MAX);
        counter.fetch_add(nanos, Ordering::Relaxed);
        if let Some(observer) = &self.observer {
            observer(stage, start);
        }
        result
    }
}
