//! Checkpoints are written by a thread, while training goes on.

use std::panic::resume_unwind;
use std::path::PathBuf;
use std::thread::{Builder, JoinHandle};

use super::error::{CheckpointError, failed};
use super::files::write_tensors;
use super::{Checkpoint, Keep, Store};
use crate::trace::Trace;

/// Writes one checkpoint at a time, in order.
#[derive(Debug)]
pub struct Writer {
    store: Store,
    keep: Keep,
    trace: Trace,
    running: Option<JoinHandle<Result<Written, CheckpointError>>>,
}

/// What is safe on the disk now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// The checkpoint.
    pub checkpoint: PathBuf,
    /// The file with the best weights, if these are the best.
    pub best: Option<PathBuf>,
}

impl Writer {
    /// Writes into `store`, where `keep` says what stays.
    #[must_use]
    pub fn new(store: Store, keep: Keep) -> Self {
        Self { store, keep, trace: Trace::default(), running: None }
    }

    /// With its work recorded.
    pub(crate) fn with_trace(mut self, trace: Trace) -> Self {
        self.trace = trace;
        self
    }

    /// Whether a checkpoint is being written at this moment.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.running.as_ref().is_some_and(|thread| !thread.is_finished())
    }

    /// Begins to write what `checkpoint` makes on the writer's thread, and its weights to the file
    /// `best` too if that is given; waits for the one before first and returns what became of it.
    ///
    /// # Errors
    /// The [`CheckpointError`] of the one before, or if no thread can be started.
    pub fn start(
        &mut self,
        checkpoint: impl FnOnce() -> Checkpoint + Send + 'static,
        best: Option<PathBuf>,
    ) -> Result<Option<Written>, CheckpointError> {
        let before = self.wait()?;
        let (store, keep, trace) = (self.store.clone(), self.keep, self.trace.clone());
        let thread = Builder::new().name("checkpoint".to_owned());
        let running = thread.spawn(move || {
            let checkpoint = trace.host_span("read the state", checkpoint);
            trace.host_span("write", || write(&store, keep, &checkpoint, best))
        });
        self.running = Some(running.map_err(failed(self.store.folder(), "start a thread for"))?);
        Ok(before)
    }

    /// Waits until nothing is being written; `None` if nothing was.
    ///
    /// # Errors
    /// The [`CheckpointError`] that kept it from being written.
    pub fn wait(&mut self) -> Result<Option<Written>, CheckpointError> {
        let Some(thread) = self.running.take() else { return Ok(None) };
        thread.join().unwrap_or_else(|panic| resume_unwind(panic)).map(Some)
    }

    /// What became of the last one if it is finished and was not asked for yet; does not wait.
    ///
    /// # Errors
    /// The [`CheckpointError`] that kept it from being written.
    pub fn finished(&mut self) -> Result<Option<Written>, CheckpointError> {
        if self.is_busy() { Ok(None) } else { self.wait() }
    }
}

impl Drop for Writer {
    /// Whoever gives the folder to another run must not write into it any more.
    fn drop(&mut self) {
        if let Some(thread) = self.running.take() {
            // The run ends with another error already; what is on the disk is whole either way.
            drop(thread.join());
        }
    }
}

/// The best weights come second: a run that is killed in between finds in its checkpoint that they
/// are the best and writes them again.
fn write(
    store: &Store,
    keep: Keep,
    checkpoint: &Checkpoint,
    best: Option<PathBuf>,
) -> Result<Written, CheckpointError> {
    let path = store.save(checkpoint, keep)?;
    if let Some(best) = &best {
        write_tensors(best, checkpoint.learner.weights())?;
    }
    Ok(Written { checkpoint: path, best })
}
