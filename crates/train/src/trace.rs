//! Where the time of a run goes, as a file for `chrome://tracing` and [Perfetto](https://ui.perfetto.dev).

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use burn::tensor::Device;
use serde::Serialize;

/// The parts of a run's first steps with their times; by default nothing is recorded. Clones record into
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
}

/// A complete event of the trace event format, times in microseconds.
#[derive(Debug, Clone, Serialize)]
struct Event {
    name: &'static str,
    ph: &'static str,
    ts: u128,
    dur: u128,
    pid: u32,
    tid: u32,
}

impl Trace {
    /// Records the first `steps` optimizer steps, and what happens between them.
    #[must_use]
    pub fn of_steps(steps: u64) -> Self {
        let record = Record { started: Instant::now(), steps_left: steps, events: Vec::new() };
        Self(Some(Arc::new(Mutex::new(record))))
    }

    /// Does `work` on `device`; the time is recorded under `name`.
    pub(crate) fn span<T>(
        &self,
        name: &'static str,
        device: &Device,
        work: impl FnOnce() -> T,
    ) -> T {
        let records = self.record().is_some_and(|record| record.steps_left > 0);
        if !records {
            return work();
        }
        let start = Instant::now();
        let result = work();
        // A device that fails says so at the next operation, where it is an error of the run.
        drop(device.sync());
        if let Some(mut record) = self.record() {
            let (ts, dur) = (start.duration_since(record.started), start.elapsed());
            let (ts, dur) = (ts.as_micros(), dur.as_micros());
            record.events.push(Event { name, ph: "X", ts, dur, pid: 1, tid: 1 });
        }
        result
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
        let json = serde_json::json!({ "traceEvents": record.events, "displayTimeUnit": "ms" });
        Some(json.to_string())
    }

    fn record(&self) -> Option<MutexGuard<'_, Record>> {
        // Events are whole whenever a thread that holds the lock ends.
        Some(self.0.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
