//! One run at a time in a model folder.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::Path;

use crate::TrainError;

/// Name of the file that is locked; it stays when the run has ended.
const NAME: &str = "run.lock";

/// Keeps other runs out of a model folder until it is dropped.
///
/// It is the system's lock on the file that counts, not the process number in it: that lock goes
/// with its process however that ends, so there is no stale lock to be removed by hand, and a number
/// may belong to another process by then.
#[derive(Debug)]
pub struct FolderLock {
    file: File,
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A child that another thread is starting has the file open, too, and would keep the lock for a moment.
        drop(self.file.unlock());
    }
}

impl FolderLock {
    /// Locks `folder`, and writes this process's number into it for the other one's message.
    ///
    /// # Errors
    /// [`TrainError::InUse`] if another run has it; [`TrainError::ModelFolder`] if the file system
    /// refuses.
    pub fn take(folder: &Path) -> Result<Self, TrainError> {
        let failed =
            |source: io::Error| TrainError::ModelFolder { path: folder.to_owned(), source };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        let mut file = options.open(folder.join(NAME)).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(TrainError::InUse { path: folder.to_owned(), owner: owner(&mut file) });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        sign(&mut file).map_err(failed)?;
        Ok(Self { file })
    }
}

fn sign(file: &mut File) -> io::Result<()> {
    file.set_len(0)?;
    file.rewind()?;
    writeln!(file, "{}", std::process::id())
}

/// The number that the other process wrote.
fn owner(file: &mut File) -> String {
    let mut text = String::new();
    match file.read_to_string(&mut text) {
        Ok(length) if length > 0 => format!("process {}", text.trim()),
        // It has locked the file, but not written into it yet; or it cannot be read while locked.
        _ => "another process".to_owned(),
    }
}
