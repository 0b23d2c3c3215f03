//! Why a checkpoint could not be written or read.

use std::io;
use std::path::{Path, PathBuf};

use resnet_models::StateDictError;
use resnet_models::tensors::TensorFileError;
use resnet_recipe::RecipeError;
use thiserror::Error;

use super::FORMAT;

/// Why a checkpoint could not be written or read.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum CheckpointError {
    /// The file system refused.
    #[error("{}: cannot {action} the checkpoint: {source}{}", path.display(), remedy(source))]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// A file of the checkpoint is missing, or not what was written.
    #[error("{}: damaged: {reason}; remove this checkpoint to use an older one", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// How that shows.
        reason: String,
    },
    /// There are checkpoints, and not one of them is whole.
    #[error(
        "every checkpoint of this run is damaged: {}; \
         restore one from a copy, or start over with --fresh",
        list(damaged)
    )]
    AllDamaged {
        /// What is wrong with each, the newest first.
        damaged: Vec<CheckpointError>,
    },
    /// A tensor file of the checkpoint cannot be written, or is of another kind.
    #[error(transparent)]
    Tensors(#[from] TensorFileError),
    /// The recipe of the checkpoint cannot be used.
    #[error("{}: {source}", path.display())]
    Recipe {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: RecipeError,
    },
    /// A newer version of this program wrote it.
    #[error("{}: format {found} is newer than this program reads ({FORMAT}); update it", path.display())]
    Newer {
        /// The checkpoint.
        path: PathBuf,
        /// Its version.
        found: u32,
    },
    /// The tensors do not fit the recipe's network.
    #[error("{}: {source}", path.display())]
    Architecture {
        /// The checkpoint.
        path: PathBuf,
        /// What fits and what does not.
        source: StateDictError,
    },
}

impl CheckpointError {
    /// Whether an older checkpoint may help.
    pub(crate) fn is_damage(&self) -> bool {
        matches!(self, Self::Damaged { .. })
    }
}

/// Names `path` and what was tried with an error of the file system.
pub(super) fn failed(
    path: &Path,
    action: &'static str,
) -> impl FnOnce(io::Error) -> CheckpointError {
    let path = path.to_owned();
    move |source| CheckpointError::Io { path, action, source }
}

fn remedy(error: &io::Error) -> &'static str {
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
            "; older checkpoints are whole: free some space and give the same command again"
        }
        _ => "",
    }
}

fn list(errors: &[CheckpointError]) -> String {
    let texts: Vec<String> = errors.iter().map(ToString::to_string).collect();
    texts.join("; ")
}
