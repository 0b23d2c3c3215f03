//! Where the time of a run goes, as a file for `chrome://tracing` and [Perfetto](https://ui.perfetto.dev).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Instant;

use burn::tensor::Device;
use resnet_data::{LoaderStage, Observer};
use serde::Serialize;
use serde_json::{Value, json};

/// The parts of a run's first steps with their times, and what the loader's threads and the writer of
/// checkpoints do meanwhile; by default nothing is recorded. Clones record into
/// the same trace.
///
/// While it records, every part ends when the device has done its work: the run is slower, and the times
/// are those of the parts.
#[derive(Debug, Clone, Default)]
pub struct Trace(Option<Arc<Mutex<Record>>>);

#[derive(Debug)]
struct Record {
    started: Instant,
    steps_left: u64,
    events: Vec<Event>,
    /// Names of the threads that were at work; a thread's number is its place, from 1.
    threads: Vec<String>,
}

/// A complete event of the trace event format, times in microseconds.
#[derive(Debug, Clone, Serialize)]
struct Event {
    name: &'static str,
    ph: &'static str,
    ts: u128,
    dur: u128,
    pid: u32,
    tid: usize,
}

impl Trace {
    /// Records the first `steps` optimizer steps, and what happens between them.
    #[must_use]
    pub fn of_steps(steps: u64) -> Self {
        let (events, threads) = (Vec::new(), Vec::new());
        let record = Record { started: Instant::now(), steps_left: steps, events, threads };
        Self(Some(Arc::new(Mutex::new(record))))
    }

    /// Does `work` on `device`; the time is recorded under `name`.
    pub(crate) fn span<T>(
        &self,
        name: &'static str,
        device: &Device,
        work: impl FnOnce() -> T,
    ) -> T {
        if !self.records() {
            return work();
        }
        self.host_span(name, || {
            let result = work();
            // A device that fails says so at the next operation, where it is an error of the run.
            drop(device.sync());
            result
        })
    }

    /// Does `work`, which is the processor's alone; the time is recorded under `name` and this thread.
    pub(crate) fn host_span<T>(&self, name: &'static str, work: impl FnOnce() -> T) -> T {
        let records = self.records();
        let start = Instant::now();
        let result = work();
        if records {
            self.add(name, start);
        }
        result
    }

    /// Who records what the threads of a loader do; `None` if nothing is recorded.
    pub(crate) fn of_loader(&self) -> Option<Observer> {
        self.0.as_ref()?;
        let trace = self.clone();
        let observe = move |stage, start| {
            let name = match stage {
                LoaderStage::Read => "read",
                LoaderStage::Decode => "decode",
                LoaderStage::Transform => "transform",
            };
            if trace.records() {
                trace.add(name, start);
            }
        };
        Some(Arc::new(observe))
    }

    fn records(&self) -> bool {
        self.record().is_some_and(|record| record.steps_left > 0)
    }

    /// Records what this thread did from `start` to now.
    fn add(&self, name: &'static str, start: Instant) {
        let dur = start.elapsed().as_micros();
        if let Some(mut record) = self.record() {
            let ts = start.duration_since(record.started).as_micros();
            let tid = record.thread();
            record.events.push(Event { name, ph: "X", ts, dur, pid: 1, tid });
        }
    }

    /// Takes note of the end of a step.
    pub(crate) fn step_done(&self) {
        if let Some(mut record) = self.record() {
            record.steps_left = record.steps_left.saturating_sub(1);
        }
    }

    /// The trace as JSON; `None` if nothing is recorded.
    #[must_use]
    pub fn to_json(&self) -> Option<String> {
        let record = self.record()?;
        let names = (1..).zip(&record.threads).map(|(tid, name)| {
            let args = json!({ "name": name });
            json!({ "name": "thread_name", "ph": "M", "pid": 1, "tid": tid, "args": args })
        });
        let events: Vec<Value> =
            names.chain(record.events.iter().map(|event| json!(event))).collect();
        Some(json!({ "traceEvents": events, "displayTimeUnit": "ms" }).to_string())
    }

    fn record(&self) -> Option<MutexGuard<'_, Record>> {
        // Events are whole whenever a thread that holds the lock ends.
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Record {
    /// Number of the thread that asks.
    fn thread(&mut self) -> usize {
        let thread = thread::current();
        let name = thread.name().unwrap_or("unnamed");
        let place = self.threads.iter().position(|known| known == name);
        let place = place.unwrap_or_else(|| {
            self.threads.push(name.to_owned());
            self.threads.len() - 1
        });
        place + 1
    }
}
