use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::batch::Batch;
use crate::error::DataError;
use crate::pixels::Pixels;
use crate::state::LoaderState;
use crate::stats::LoaderStats;
use crate::worker::Shared;

/// The batches of one epoch. Dropping it stops its threads.
///
/// The iterator ends after the last batch, or after the first error.
pub struct Batches {
    shared: Arc<Shared>,
    /// `None` after a failed start, and while it is being dropped.
    batches: Option<Receiver<Result<Batch, DataError>>>,
    pool: Sender<Pixels>,
    threads: Vec<JoinHandle<()>>,
    /// The threads could not be started.
    failed: Option<DataError>,
    /// Batches still to come, 0 after an error.
    remaining: usize,
    wait: Duration,
    bad: usize,
    state: LoaderState,
}

impl Batches {
    /// An epoch whose threads are still to be started, with [`spawn`](Self::spawn).
    pub(crate) fn new(
        shared: Arc<Shared>,
        batches: Receiver<Result<Batch, DataError>>,
        pool: Sender<Pixels>,
        remaining: usize,
        state: LoaderState,
    ) -> Self {
        Self {
            shared,
            batches: Some(batches),
            pool,
            threads: Vec::new(),
            failed: None,
            remaining,
            wait: Duration::ZERO,
            bad: 0,
            state,
        }
    }

    pub(crate) fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// Makes this error the only thing that comes.
    pub(crate) fn fail(&mut self, error: DataError) {
        self.failed = Some(error);
        self.remaining = 0;
        self.batches = None;
    }

    /// Gives the memory of a batch back, so that the next one need not allocate.
    pub fn recycle(&self, batch: Batch) {
        // A full pool means that there is enough memory around: this batch's is freed.
        drop(self.pool.try_send(batch.images));
    }

    /// Where the time of this epoch went so far.
    pub fn stats(&self) -> LoaderStats {
        LoaderStats { wait: self.wait, bad: self.bad, ..self.shared.clocks.snapshot() }
    }

    /// How far the epoch has come: [`Loader::resume`](crate::Loader::resume) goes on behind the last batch
    /// that was handed out, whatever was made in advance.
    pub fn state(&self) -> LoaderState {
        self.state.clone()
    }

    fn receive(&self) -> Result<Batch, DataError> {
        let batch = self.batches.as_ref().and_then(|batches| batches.recv().ok());
        // Workers catch their panics, so only a defect of the collector ends up here. Without this
        // the epoch would look complete.
        batch.unwrap_or_else(|| {
            let name = "a batch".to_owned();
            Err(DataError::Panic { name, message: "the collecting thread ended early".to_owned() })
        })
    }

    fn count(&mut self, batch: &Batch) {
        self.remaining -= 1;
        self.bad += batch.bad.len();
        self.state.next_batch += 1;
        self.state.bad += batch.bad.len();
    }

    pub(crate) fn spawn(
        &mut self,
        name: String,
        work: impl FnOnce() + Send + 'static,
    ) -> std::io::Result<()> {
        self.threads.push(std::thread::Builder::new().name(name).spawn(work)?);
        Ok(())
    }
}

impl Iterator for Batches {
    type Item = Result<Batch, DataError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.remaining == 0 {
            return self.failed.take().map(Err);
        }
        let start = Instant::now();
        let batch = self.receive();
        self.wait += start.elapsed();
        match &batch {
            Ok(batch) => self.count(batch),
            Err(_) => self.remaining = 0,
        }
        Some(batch)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        // An error may come before the last batch, or instead of all.
        (self.remaining.min(1), Some(self.remaining.max(usize::from(self.failed.is_some()))))
    }
}

impl Drop for Batches {
    /// Stops the threads and waits for them, but less than 100 ms: a thread inside a very
    /// large image or a hanging network file system ends by itself afterwards.
    fn drop(&mut self) {
        const PATIENCE: Duration = Duration::from_millis(90);
        const PAUSE: Duration = Duration::from_micros(200);
        self.shared.stop.store(true, Ordering::Relaxed);
        // Wakes the collector if it waits for a place in the queue; its end wakes the workers.
        self.batches = None;
        let deadline = Instant::now() + PATIENCE;
        while self.threads.iter().any(|thread| !thread.is_finished()) && Instant::now() < deadline {
            std::thread::sleep(PAUSE);
        }
    }
}
