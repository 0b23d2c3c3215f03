//! The threads of one epoch.

use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use crossbeam_channel::{Receiver, Sender, bounded};

use super::Loader;
use crate::batch::Batch;
use crate::batches::Batches;
use crate::collector::{Collector, WINDOW_PER_WORKER};
use crate::error::DataError;
use crate::state::LoaderState;
use crate::stats::Clocks;
use crate::worker::{Done, Shared, Task, Worker};

impl Loader {
    /// Starts what makes the batches from `state` on.
    pub(super) fn start(&self, state: LoaderState) -> Batches {
        let shared = Arc::new(Shared {
            source: Arc::clone(&self.source),
            decoder: Arc::clone(&self.decoder),
            transform: self.options.transform.clone(),
            views: self.options.views,
            seed: self.options.seed,
            epoch: state.epoch,
            clocks: Clocks::new(self.observer.clone()),
            stop: AtomicBool::new(false),
        });
        let (sender, receiver) = bounded(self.options.prefetch);
        let remaining = self.batches_per_epoch().saturating_sub(state.next_batch);
        let pool = self.pool.0.clone();
        let mut batches = Batches::new(shared, receiver, pool, remaining, state);
        let started = self
            .start_workers(&mut batches)
            .and_then(|(tasks, done)| self.start_collector(&mut batches, tasks, done, sender));
        if let Err(error) = started {
            batches.fail(DataError::Thread(error));
        }
        batches
    }

    /// The workers' ends of the channels stay with them: when the last one ends, the channels do.
    fn start_workers(&self, batches: &mut Batches) -> io::Result<(Sender<Task>, Receiver<Done>)> {
        let workers = self.options.workers;
        let (tasks, task_receiver) = bounded(workers * WINDOW_PER_WORKER);
        let (done_sender, done) = bounded(workers * WINDOW_PER_WORKER);
        for number in 0..workers {
            let worker = Worker::new(Arc::clone(batches.shared()));
            let (tasks, done) = (task_receiver.clone(), done_sender.clone());
            batches.spawn(format!("load-{number}"), move || worker.run(&tasks, &done))?;
        }
        Ok((tasks, done))
    }

    fn start_collector(
        &self,
        running: &mut Batches,
        tasks: Sender<Task>,
        done: Receiver<Done>,
        batches: Sender<Result<Batch, DataError>>,
    ) -> io::Result<()> {
        let (shared, sampler) = (Arc::clone(running.shared()), Arc::clone(&self.sampler));
        let (options, recycled) = (self.options.clone(), self.pool.1.clone());
        let LoaderState { epoch, next_batch, bad, .. } = running.state();
        let range = next_batch..self.batches_per_epoch();
        running.spawn("load-collect".to_owned(), move || {
            // The order is made here because shuffling millions of samples takes a while.
            let order = sampler.epoch(epoch);
            let next_task = next_batch.saturating_mul(options.batch_size);
            let early = BTreeMap::new();
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
                bad,
            }
            .run(range);
        })
    }
}
