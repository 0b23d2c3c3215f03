//! Sets of many files: opened by several threads, of which a bounded number stays open.

use std::collections::VecDeque;
use std::error::Error;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Files of a set open at a time. ImageNet has 1024 training shards, and many systems allow a process
/// 1024 open files in all, those of the validation images and of everything else with them. Where fewer
/// are allowed a set keeps half as many as it had when that showed.
const MAX_OPEN: usize = 384;

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
    most: usize,
}

impl<T> OpenFiles<T> {
    /// None of `count` files is open.
    pub(crate) fn new(count: usize) -> Self {
        let by_number = (0..count).map(|_| None).collect();
        let oldest_first = VecDeque::new();
        Self { open: Mutex::new(Open { by_number, oldest_first, most: MAX_OPEN }) }
    }

    /// The file of this number, from `open` if it is not open.
    pub(crate) fn get<E: Error + 'static>(
        &self,
        number: usize,
        open: impl Fn() -> Result<T, E>,
    ) -> Result<Arc<T>, E> {
        if let Some(file) = &self.lock().by_number[number] {
            return Ok(Arc::clone(file));
        }
        // Opened without the lock: on a network file system it takes a while. Two threads may open
        // the same file; then the second stays.
        let file = loop {
            match open() {
                Ok(file) => break Arc::new(file),
                Err(error) if are_too_many(&error) && self.lock().close_half() => {}
                Err(error) => return Err(error),
            }
        };
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
        self.close_down_to(self.most);
    }

    /// Keeps half of the files from now on; false if there is none to close.
    fn close_half(&mut self) -> bool {
        let open = self.oldest_first.len();
        self.most = (open / 2).max(1);
        self.close_down_to(open / 2);
        open > 0
    }

    fn close_down_to(&mut self, most: usize) {
        while self.oldest_first.len() > most {
            let oldest = self.oldest_first.pop_front().expect("there are more than that");
            // A thread that reads from it still holds it; it closes after that.
            self.by_number[oldest] = None;
        }
    }
}

/// Whether the system opens no further file, for this process or at all.
fn are_too_many(error: &(dyn Error + 'static)) -> bool {
    // EMFILE and ENFILE of every Unix; ERROR_TOO_MANY_OPEN_FILES.
    let codes: &[i32] = if cfg!(windows) { &[4] } else { &[24, 23] };
    let mut cause = Some(error);
    while let Some(error) = cause {
        let code = error.downcast_ref::<io::Error>().and_then(io::Error::raw_os_error);
        if code.is_some_and(|code| codes.contains(&code)) {
            return true;
        }
        cause = error.source();
    }
    false
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

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::{MAX_OPEN, OpenFiles};

    /// A file of a system that opens few.
    struct Few<'a>(&'a AtomicUsize);

    impl<'a> Few<'a> {
        const ALLOWED: usize = 10;

        fn open(count: &'a AtomicUsize) -> io::Result<Self> {
            if count.fetch_add(1, Ordering::SeqCst) >= Self::ALLOWED {
                count.fetch_sub(1, Ordering::SeqCst);
                return Err(io::Error::from_raw_os_error(if cfg!(windows) { 4 } else { 24 }));
            }
            Ok(Self(count))
        }
    }

    impl Drop for Few<'_> {
        fn drop(&mut self) {
            self.0.fetch_sub(1, Ordering::SeqCst);
        }
    }

    #[test]
    fn where_the_system_opens_few_files_fewer_stay_open() {
        let count = AtomicUsize::new(0);
        let files = OpenFiles::new(100);
        for number in (0..100).chain(0..100) {
            drop(files.get(number, || Few::open(&count)).unwrap());
        }
        // Others want files too.
        assert_eq!(count.load(Ordering::SeqCst), Few::ALLOWED / 2);
    }

    #[test]
    fn with_nothing_left_to_close_the_error_is_told() {
        let count = AtomicUsize::new(0);
        let others: Vec<_> = (0..Few::ALLOWED).map(|_| Few::open(&count)).collect();
        let files = OpenFiles::new(1);
        let error = files.get(0, || Few::open(&count)).err().unwrap();
        assert!(error.raw_os_error().is_some());
        drop(others);
        assert!(files.get(0, || Few::open(&count)).is_ok());
    }

    #[test]
    fn the_oldest_are_closed_first() {
        let files = OpenFiles::new(MAX_OPEN + 1);
        let open = |number| files.get(number, || Ok::<_, io::Error>(number)).unwrap();
        let first = open(0);
        (1..MAX_OPEN).for_each(|number| drop(open(number)));
        assert_eq!(Arc::strong_count(&first), 2);
        open(MAX_OPEN);
        assert_eq!(Arc::strong_count(&first), 1);
    }
}
