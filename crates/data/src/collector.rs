//! The thread that hands out tasks and puts finished images into batches, in order.

use std::collections::BTreeMap;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use crate::batch::{BadImage, Batch};
use crate::error::DataError;
use crate::options::{LoaderOptions, OnBadImage};
use crate::pixels::Pixels;
use crate::sampler::EpochOrder;
use crate::worker::{Done, Outcome, Shared, Task};

/// Images in work or waiting for an earlier one, per worker: enough that a slow image does not make
/// the other workers idle, few enough that they need no memory to speak of.
pub(crate) const WINDOW_PER_WORKER: usize = 8;

/// Makes batches of a stream of images that arrive in any order.
///
/// Images are taken strictly by position. So the batches, the first error and the number of bad
/// images before it are the same for any number of workers.
pub(crate) struct Collector {
    pub(crate) options: LoaderOptions,
    pub(crate) order: EpochOrder,
    pub(crate) shared: Arc<Shared>,
    pub(crate) tasks: Sender<Task>,
    pub(crate) done: Receiver<Done>,
    pub(crate) batches: Sender<Result<Batch, DataError>>,
    pub(crate) recycled: Receiver<Pixels>,
    /// Finished images that came before their turn.
    pub(crate) early: BTreeMap<usize, Done>,
    /// Position of the next task.
    pub(crate) next_task: usize,
    /// Bad images of the epoch so far.
    pub(crate) bad: usize,
}

/// Why a batch could not be made.
enum Halt {
    /// The epoch was stopped from outside.
    Stopped,
    Failed(DataError),
}

impl Collector {
    /// Makes batches `range.start` to `range.end - 1`; stops at the first error.
    pub(crate) fn run(mut self, range: std::ops::Range<usize>) {
        for _ in 0..self.options.workers * WINDOW_PER_WORKER {
            self.start_task(Pixels::default());
        }
        for index in range {
            let result = match self.collect(index) {
                Ok(batch) => Ok(batch),
                Err(Halt::Failed(error)) => Err(error),
                Err(Halt::Stopped) => return,
            };
            let failed = result.is_err();
            if self.batches.send(result).is_err() || failed {
                return;
            }
        }
    }

    /// Gives the next sample to the workers; `pixels` is the memory for it.
    fn start_task(&mut self, pixels: Pixels) {
        let Some(draw) = self.order.draw(self.next_task) else { return };
        let size = self.options.transform.size;
        let levels = self.options.views.count() * size * size * 3;
        let pixels = pixels.resized(self.options.format.depth, levels);
        let task = Task { position: self.next_task, draw, pixels };
        self.next_task += 1;
        // Without workers there is nothing to do here: `finished` finds out.
        drop(self.tasks.send(task));
    }

    fn collect(&mut self, index: usize) -> Result<Batch, Halt> {
        let batch_size = self.options.batch_size;
        let images = self.recycled.try_recv().unwrap_or_default();
        let mut batch = Batch::blank(images, &self.options, index);
        for slot in 0..batch_size {
            let position = index * batch_size + slot;
            if self.order.draw(position).is_none() {
                break;
            }
            let done = self.finished(position)?;
            match done.outcome {
                Outcome::Good(label) => batch.place(slot, &done.pixels, label),
                Outcome::Bad(image) => batch.bad.push(self.skip(image).map_err(Halt::Failed)?),
                Outcome::Fatal(error) => return Err(Halt::Failed(error)),
                Outcome::Stopped => return Err(Halt::Stopped),
            }
            self.start_task(done.pixels);
        }
        batch.fill_rest();
        Ok(batch)
    }

    /// Waits for the image at `position`.
    fn finished(&mut self, position: usize) -> Result<Done, Halt> {
        loop {
            if let Some(done) = self.early.remove(&position) {
                return Ok(done);
            }
            if self.shared.stopped() {
                return Err(Halt::Stopped);
            }
            // Every task is answered, so that this does not wait for ever.
            let done = self.done.recv().map_err(|_disconnected| Halt::Stopped)?;
            self.early.insert(done.position, done);
        }
    }

    /// Counts a bad image, if it may be skipped.
    fn skip(&mut self, BadImage { name, reason }: BadImage) -> Result<BadImage, DataError> {
        match self.options.on_bad_image {
            OnBadImage::Fail => Err(DataError::Image { name, reason }),
            OnBadImage::Skip { max } if self.bad >= max => {
                Err(DataError::TooManyBadImages { max, name, reason })
            }
            OnBadImage::Skip { .. } => {
                self.bad += 1;
                Ok(BadImage { name, reason })
            }
        }
    }
}
