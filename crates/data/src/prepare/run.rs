//! The threads that write shards.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Event;
use super::error::PrepareError;
use super::plan::Job;
use super::report::ShardReport;
use super::shard::{ShardWriter, Shared};

/// Makes the shards that are not there yet, several at a time.
///
/// A thread makes a whole shard: nothing that it writes depends on another thread, so their number
/// changes no byte, and each needs the memory of one image. After an error the others finish the
/// shard that they are at, and it stays.
pub(super) fn write_missing(
    shared: &Shared<'_>,
    jobs: &[Job],
    finished: BTreeMap<String, ShardReport>,
) -> Result<BTreeMap<String, ShardReport>, PrepareError> {
    let missing: Vec<&Job> = jobs.iter().filter(|job| !finished.contains_key(&job.name)).collect();
    let (next, stop) = (AtomicUsize::new(0), AtomicBool::new(false));
    let (finished, error) = (Mutex::new(finished), Mutex::new(None));
    let work = || {
        let mut writer = ShardWriter::new(shared);
        while !stop.load(Ordering::Relaxed) {
            let Some(job) = missing.get(next.fetch_add(1, Ordering::Relaxed)) else { return };
            match writer.write(job).and_then(|shard| told(shared, shard)) {
                Ok(shard) => drop(locked(&finished).insert(shard.name.clone(), shard)),
                Err(failure) => {
                    stop.store(true, Ordering::Relaxed);
                    locked(&error).get_or_insert(failure);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..shared.options.threads.min(missing.len()) {
            scope.spawn(work);
        }
    });
    match error.into_inner().unwrap_or_else(PoisonError::into_inner) {
        Some(error) => Err(error),
        None => Ok(finished.into_inner().unwrap_or_else(PoisonError::into_inner)),
    }
}

fn told(shared: &Shared<'_>, shard: ShardReport) -> Result<ShardReport, PrepareError> {
    shared.tell(&Event::Shard(&shard))?;
    Ok(shard)
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Whatever panicked left the value whole: nothing is changed in steps.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
