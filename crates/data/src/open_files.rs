//! Sets of many files: opened by several threads, of which a bounded number stays open.

use std::collections::VecDeque;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files of a set open at a time. ImageNet has 1024 training shards, and many systems allow a process
/// 1024 open files in all.
const MAX_OPEN: usize = 512;

/// Threads that look at the files of a set at the start: on a disk or a network these many small
/// reads are all waiting.
const OPENING_THREADS: usize = 16;

/// The files of a set that are open, by number; the one opened first is closed first.
#[derive(Debug)]
pub(crate) struct OpenFiles<T> {
    open: Mutex<Open<T>>,
}

#[derive(Debug)]
struct Open<T> {
    by_number: Vec<Option<Arc<T>>>,
    oldest_first: VecDeque<usize>,
}

impl<T> OpenFiles<T> {
    /// None of `count` files is open.
    pub(crate) fn new(count: usize) -> Self {
        let by_number = (0..count).map(|_| None).collect();
        Self { open: Mutex::new(Open { by_number, oldest_first: VecDeque::new() }) }
    }

    /// The file of this number, from `open` if it is not open.
    pub(crate) fn get<E>(
        &self,
        number: usize,
        open: impl FnOnce() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(file) = &self.lock().by_number[number] {
            return Ok(Arc::clone(file));
        }
        // Opened without the lock: on a network file system it takes a while. Two threads may open
        // the same file; then the second stays.
        let file = Arc::new(open()?);
        self.lock().insert(number, Arc::clone(&file));
        Ok(file)
    }

    fn lock(&self) -> MutexGuard<'_, Open<T>> {
        // The state is whole between any two statements that may panic.
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Open<T> {
    fn insert(&mut self, number: usize, file: Arc<T>) {
        if self.by_number[number].replace(file).is_none() {
            self.oldest_first.push_back(number);
        }
        if self.oldest_first.len() > MAX_OPEN {
            let oldest = self.oldest_first.pop_front().expect("more than MAX_OPEN are open");
            // A thread that reads from it still holds it; it closes after that.
            self.by_number[oldest] = None;
        }
    }
}

/// What `look` finds in each file, by several threads; the error is that of the first bad file.
pub(crate) fn look_at_all<T: Send, E: Send>(
    paths: &[PathBuf],
    look: impl Fn(&Path) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let per_thread = paths.len().div_ceil(OPENING_THREADS).max(1);
    let look = &look;
    let part = |paths: &[PathBuf]| paths.iter().map(|path| look(path)).collect();
    std::thread::scope(|scope| {
        let threads: Vec<_> = paths
            .chunks(per_thread)
            .map(|paths| scope.spawn(move || -> Result<Vec<T>, E> { part(paths) }))
            .collect();
        let mut found = Vec::with_capacity(paths.len());
        for thread in threads {
            let part = thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
            found.extend(part?);
        }
        Ok(found)
    })
}
