//! The checkpoints of one run.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::error::{CheckpointError, failed};
use super::{Checkpoint, Keep, files};

/// Start of the names of whole checkpoints; the step follows.
const WHOLE: &str = "step-";
/// Start of the names of checkpoints that are being written.
const PARTIAL: &str = "partial-";
/// Start of the names of checkpoints that are being replaced; the old name follows.
const REPLACED: &str = "replaced-";
/// Start of the names of checkpoints that were found damaged; the old name follows.
const DAMAGED: &str = "damaged-";

/// The checkpoints of one run.
#[derive(Debug, Clone)]
pub struct Store {
    folder: PathBuf,
}

/// What [`Store::newest_whole`] found.
#[derive(Debug)]
pub struct Found<T> {
    /// The newest whole checkpoint, if there is any.
    pub newest: Option<(PathBuf, T)>,
    /// Newer ones that are damaged, the newest first.
    pub damaged: Vec<(PathBuf, CheckpointError)>,
}

impl Store {
    /// The checkpoints in `model_dir`, which need not exist.
    #[must_use]
    pub fn new(model_dir: &Path) -> Self {
        Self { folder: model_dir.join("checkpoints") }
    }

    /// The folder that holds them.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Writes `checkpoint` and returns its folder; then removes those that `keep` does not name.
    ///
    /// # Errors
    /// [`CheckpointError`] if the file system refuses; older checkpoints are untouched then.
    pub fn save(&self, checkpoint: &Checkpoint, keep: Keep) -> Result<PathBuf, CheckpointError> {
        let path = self.folder.join(format!("{WHOLE}{:012}", checkpoint.position.step));
        fs::create_dir_all(&self.folder).map_err(failed(&self.folder, "make a folder for"))?;
        let partial = self.partial().map_err(failed(&self.folder, "make a folder for"))?;
        files::write(checkpoint, partial.path())?;
        if !files::are_equal(partial.path(), &path) {
            self.put_in_place(partial.path(), &path)?;
        }
        self.prune(keep)?;
        Ok(path)
    }

    /// A folder for a checkpoint that is being written, as readable for others as any new folder.
    fn partial(&self) -> io::Result<TempDir> {
        let mut builder = tempfile::Builder::new();
        #[cfg(unix)]
        builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o777));
        builder.prefix(PARTIAL).tempdir_in(&self.folder)
    }

    /// Renames `partial` to `path`. If there is one already it steps aside first: a program that is
    /// killed in between leaves a name from which [`recover`](Self::recover) brings it back.
    fn put_in_place(&self, partial: &Path, path: &Path) -> Result<(), CheckpointError> {
        let old = prefixed(REPLACED, path);
        if path.is_dir() {
            fs::rename(path, &old).map_err(failed(path, "replace"))?;
        } else if path.exists() {
            self.set_aside(path)?;
        }
        fs::rename(partial, path).map_err(failed(path, "rename"))?;
        resnet_files::sync_folder(&self.folder).map_err(failed(&self.folder, "flush"))?;
        if old.exists() {
            fs::remove_dir_all(&old).map_err(failed(&old, "remove"))?;
        }
        Ok(())
    }

    /// Tidies up after a program that was killed; only for who holds the folder's lock.
    ///
    /// # Errors
    /// [`CheckpointError::Io`] if the file system refuses.
    pub fn recover(&self) -> Result<(), CheckpointError> {
        for path in self.with_prefix(REPLACED)? {
            let name = name_of(&path);
            let whole = self.folder.join(&name[REPLACED.len()..]);
            if whole.exists() {
                fs::remove_dir_all(&path).map_err(failed(&path, "remove"))?;
            } else {
                fs::rename(&path, &whole).map_err(failed(&path, "rename"))?;
            }
        }
        for path in self.with_prefix(PARTIAL)? {
            fs::remove_dir_all(&path).map_err(failed(&path, "remove"))?;
        }
        Ok(())
    }

    /// The newest checkpoint that `load` can read, and the damaged ones before which it was tried.
    ///
    /// # Errors
    /// [`CheckpointError::AllDamaged`] if there are only damaged ones, [`CheckpointError::Newer`] and
    /// others where an older checkpoint would not help.
    pub fn newest_whole<T>(
        &self,
        load: impl Fn(&Path) -> Result<T, CheckpointError>,
    ) -> Result<Found<T>, CheckpointError> {
        let mut found = Found { newest: None, damaged: Vec::new() };
        for (_, path) in self.whole()?.into_iter().rev() {
            match load(&path) {
                Ok(checkpoint) => {
                    found.newest = Some((path, checkpoint));
                    return Ok(found);
                }
                Err(error) if error.is_damage() => found.damaged.push((path, error)),
                Err(error) => return Err(error),
            }
        }
        if found.damaged.is_empty() {
            return Ok(found);
        }
        let damaged = found.damaged.into_iter().map(|(_, error)| error).collect();
        Err(CheckpointError::AllDamaged { damaged })
    }

    /// Renames a damaged checkpoint, so that it neither counts nor is overwritten, and returns where
    /// it is now.
    ///
    /// # Errors
    /// [`CheckpointError::Io`] if the file system refuses.
    pub fn set_aside(&self, damaged: &Path) -> Result<PathBuf, CheckpointError> {
        let first = prefixed(DAMAGED, damaged);
        let numbered = |n: u32| PathBuf::from(format!("{}-{n}", first.display()));
        let mut names = std::iter::once(first.clone()).chain((2..).map(numbered));
        let target = names.find(|path| !path.exists()).expect("a name is free");
        fs::rename(damaged, &target).map_err(failed(damaged, "rename"))?;
        Ok(target)
    }

    /// The checkpoints that are complete, with their steps, in the order of these. A copy under a name of
    /// its own, `step-best` say, is none of them.
    fn whole(&self) -> Result<Vec<(u64, PathBuf)>, CheckpointError> {
        let paths = self.with_prefix(WHOLE)?.into_iter();
        let mut found: Vec<_> = paths.filter_map(|path| Some((step_of(&path)?, path))).collect();
        found.sort();
        Ok(found)
    }

    /// Folders whose name starts so. A file of such a name is no checkpoint, and nobody's to remove.
    fn with_prefix(&self, prefix: &str) -> Result<Vec<PathBuf>, CheckpointError> {
        let entries = match fs::read_dir(&self.folder) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(failed(&self.folder, "list")(error)),
        };
        let mut paths = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed(&self.folder, "list"))?.path();
            if name_of(&path).starts_with(prefix) && path.is_dir() {
                paths.push(path);
            }
        }
        Ok(paths)
    }

    fn prune(&self, keep: Keep) -> Result<(), CheckpointError> {
        let mut checkpoints = Vec::new();
        for (step, path) in self.whole()? {
            let position = files::read_position(&path).ok();
            checkpoints.push((path, (step, position.and_then(|position| position.evaluation()))));
        }
        let steps: Vec<_> = checkpoints.iter().map(|&(_, step)| step).collect();
        let kept = keep.choose(&steps);
        for (path, _) in checkpoints.iter().filter(|(_, (step, _))| !kept.contains(step)) {
            fs::remove_dir_all(path).map_err(failed(path, "remove"))?;
        }
        Ok(())
    }
}

/// The step in the name of a checkpoint's folder.
pub(crate) fn step_of(path: &Path) -> Option<u64> {
    name_of(path).strip_prefix(WHOLE)?.parse().ok()
}

fn prefixed(prefix: &str, path: &Path) -> PathBuf {
    path.with_file_name(format!("{prefix}{}", name_of(path)))
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}
