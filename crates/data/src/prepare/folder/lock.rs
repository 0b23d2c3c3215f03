//! One writer at a time.

use std::fs::{File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::prepare::error::PrepareError;

/// A locked file.
pub(super) struct Lock(File);

impl Drop for Lock {
    fn drop(&mut self) {
        // A child that another thread is starting has the file open, too, and would keep the lock for a moment.
        drop(self.0.unlock());
    }
}

/// Locks the file `path` of the folder `out`, and writes this process's number into it for messages.
///
/// It is the system's lock that counts, not the number: it goes with its process however that ends,
/// and a number may belong to another process by then.
pub(super) fn take(out: &Path, path: &Path) -> Result<Lock, PrepareError> {
    let mut options = File::options();
    let opened = options.read(true).write(true).create(true).truncate(false).open(path);
    let mut file = opened.map_err(PrepareError::io("open", path))?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut owner = String::new();
            let known = file.read_to_string(&mut owner).is_ok() && !owner.is_empty();
            let owner = if known { owner.trim().to_owned() } else { "unknown".to_owned() };
            return Err(PrepareError::Locked { path: out.to_owned(), owner });
        }
        Err(TryLockError::Error(error)) => return Err(PrepareError::io("lock", path)(error)),
    }
    let mut write = || {
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{}", std::process::id())
    };
    write().map_err(PrepareError::io("write", path))?;
    Ok(Lock(file))
}
