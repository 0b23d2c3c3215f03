//! One run at a time in a model folder.

use std::path::Path;

use resnet_files::FileLock;

use crate::TrainError;

/// Name of the file that is locked; it stays when the run has ended.
const NAME: &str = "run.lock";

/// Keeps other runs out of the model folder `folder` until the lock is dropped.
///
/// # Errors
/// [`TrainError::InUse`] if another run has it; [`TrainError::ModelFolder`] if the file system refuses.
pub fn lock_folder(folder: &Path) -> Result<FileLock, TrainError> {
    let path = folder.to_owned();
    match FileLock::try_take(&folder.join(NAME)) {
        Ok(Ok(lock)) => Ok(lock),
        Ok(Err(holder)) => Err(TrainError::InUse { path, owner: holder.to_string() }),
        Err(source) => Err(TrainError::ModelFolder { path, source }),
    }
}
