//! One process at a time.

use std::fmt;
use std::fs::{self, File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A file that is locked until this is dropped; it stays when the lock is gone.
///
/// It is the system's lock that counts, not the number of the process in the file: that lock goes with its process
/// however that ends, so there is no stale one to be removed by hand, and a number may belong to another process
/// by then.
#[derive(Debug)]
pub struct FileLock {
    path: PathBuf,
    file: File,
}

/// Who has a lock, in words: `process 4711`, or `another process` if it cannot be known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Holder(Option<String>);

impl fmt::Display for Holder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(number) => write!(f, "process {number}"),
            None => f.write_str("another process"),
        }
    }
}

impl FileLock {
    /// Locks the file `path`, which is made if it is not there, and writes this process's number into it; or says
    /// who has locked it.
    ///
    /// # Errors
    /// The file system's.
    pub fn try_take(path: &Path) -> io::Result<Result<Self, Holder>> {
        let mut file = open(path)?;
        match file.try_lock() {
            Ok(()) => Self::signed(path, file).map(Ok),
            Err(TryLockError::WouldBlock) => Ok(Err(holder(&mut file))),
            Err(TryLockError::Error(error)) => Err(error),
        }
    }

    /// As [`try_take`](Self::try_take), but waits for whoever has locked it, after `waiting` was called.
    ///
    /// # Errors
    /// The file system's.
    pub fn wait_for(path: &Path, waiting: impl FnOnce()) -> io::Result<Self> {
        let file = open(path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                waiting();
                file.lock()?;
            }
            Err(TryLockError::Error(error)) => return Err(error),
        }
        Self::signed(path, file)
    }

    /// Removes the file, for work that nobody does again: who waits for it gets the lock of a file without a name.
    pub fn remove(self) {
        // What is left of it locks nobody out.
        drop(fs::remove_file(&self.path));
    }

    fn signed(path: &Path, mut file: File) -> io::Result<Self> {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())?;
        Ok(Self { path: path.to_owned(), file })
    }
}

impl Drop for FileLock {
    fn drop(&mut self) {
        // A child that another thread is starting has the file open, too, and would keep the lock for a moment.
        drop(self.file.unlock());
    }
}

fn open(path: &Path) -> io::Result<File> {
    File::options().read(true).write(true).create(true).truncate(false).open(path)
}

/// The number that the other process wrote. It may not have written it yet, or it cannot be read while it is locked.
fn holder(file: &mut File) -> Holder {
    let mut text = String::new();
    let read = file.read_to_string(&mut text).is_ok();
    Holder(Some(text.trim().to_owned()).filter(|number| read && !number.is_empty()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[test]
    fn a_lock_is_free_again_once_it_is_dropped() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let mine = FileLock::try_take(&path).expect("a file").expect("free");
        let holder = FileLock::try_take(&path).expect("a file").expect_err("taken");
        assert_eq!(holder, Holder(Some(std::process::id().to_string())));
        drop(mine);
        FileLock::try_take(&path).expect("a file").expect("free again").remove();
        assert!(!path.exists());
    }

    #[test]
    fn a_holder_that_has_not_signed_is_another_process() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let other = File::create(&path).expect("a file");
        other.lock().expect("free");
        let holder = FileLock::try_take(&path).expect("a file").expect_err("taken");
        assert_eq!(holder.to_string(), "another process");
    }

    #[test]
    fn who_waits_is_told_so_and_gets_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lock");
        let mine = FileLock::try_take(&path).expect("a file").expect("free");
        let told = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let wait = || FileLock::wait_for(&path, || told.store(true, Ordering::SeqCst));
            let waiting = scope.spawn(wait);
            while !told.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            assert!(!waiting.is_finished());
            drop(mine);
            waiting.join().expect("no panic").expect("a lock");
        });
    }
}
