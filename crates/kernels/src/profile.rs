//! Where the time of the CPU's kernels goes.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
#[cfg(feature = "flex")]
use std::time::Instant;

/// One kind of operation on one shape, since [`start_profile`].
#[derive(Debug, Clone, PartialEq)]
pub struct Measured {
    /// What was computed, for example `convolution, weight gradient`.
    pub operation: &'static str,
    /// On what: channels and sizes, without the images of the batch.
    pub shape: String,
    /// How often.
    pub calls: u64,
    /// For how long altogether.
    pub time: Duration,
    /// Floating point operations altogether, if they are what the operation is about.
    pub flops: f64,
}

type Key = (&'static str, String);

static MEASURES: AtomicBool = AtomicBool::new(false);
static MEASURED: Mutex<BTreeMap<Key, (u64, Duration, f64)>> = Mutex::new(BTreeMap::new());

/// Begins to measure the kernels of the CPU, for the whole process.
pub fn start_profile() {
    MEASURED.lock().unwrap_or_else(PoisonError::into_inner).clear();
    MEASURES.store(true, Ordering::Relaxed);
}

/// Ends what [`start_profile`] began: the operations, those that took longest first.
#[must_use]
pub fn end_profile() -> Vec<Measured> {
    MEASURES.store(false, Ordering::Relaxed);
    let measured = std::mem::take(&mut *MEASURED.lock().unwrap_or_else(PoisonError::into_inner));
    let entry = |((operation, shape), (calls, time, flops)): (Key, (u64, Duration, f64))| {
        Measured { operation, shape, calls, time, flops }
    };
    let mut measured: Vec<_> = measured.into_iter().map(entry).collect();
    measured.sort_by_key(|entry| std::cmp::Reverse(entry.time));
    measured
}

/// Does `work`; if anybody wants to know, with its time. `shape` also counts the floating point operations.
#[cfg(feature = "flex")]
pub(crate) fn span<T>(
    operation: &'static str,
    shape: impl FnOnce() -> (String, f64),
    work: impl FnOnce() -> T,
) -> T {
    if !MEASURES.load(Ordering::Relaxed) {
        return work();
    }
    let start = Instant::now();
    let result = work();
    let time = start.elapsed();
    let (shape, flops) = shape();
    let mut measured = MEASURED.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = measured.entry((operation, shape)).or_default();
    *entry = (entry.0 + 1, entry.1 + time, entry.2 + flops);
    result
}
