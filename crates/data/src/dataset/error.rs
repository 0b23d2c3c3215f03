use std::path::PathBuf;

use crate::archive::ArchiveError;
use crate::error::DataError;
use crate::image_files::ImageFilesError;

/// Why a data set could not be opened. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DatasetError {
    /// Nothing there looks like a data set.
    #[error(
        "{}: not recognised as a data set: found {found}. Name a folder with TFRecord shards, a folder \
         for each class, .tar or .parquet files, or a .csv or .tsv file that lists images",
        path.display()
    )]
    NotRecognised {
        /// The file or folder.
        path: PathBuf,
        /// What is there instead.
        found: String,
    },

    /// The layout was recognised, but this build cannot read it.
    #[error(
        "{}: Parquet files are not read by this build: build with `--features parquet`",
        path.display()
    )]
    NotBuiltIn {
        /// The file or folder.
        path: PathBuf,
    },

    /// Two parts of a data set have names for the same split.
    #[error("{}: the split {split} is there twice: {first}, and {second}. Remove or rename one", path.display())]
    SplitTwice {
        /// The data set.
        path: PathBuf,
        /// The usual name of the split.
        split: String,
        /// One of them.
        first: String,
        /// The other.
        second: String,
    },

    /// A file is not as it should be.
    #[error("{}: {problem}", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// The place in it, what is wrong there, and what to do.
        problem: String,
    },

    /// The operating system refused a file or folder.
    #[error("cannot {action} {}: {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },

    /// Shards that are missing, damaged or empty.
    #[error(transparent)]
    Data(#[from] DataError),

    /// Image files or a manifest that are missing or wrong.
    #[error(transparent)]
    Files(#[from] ImageFilesError),
}

impl DatasetError {
    /// For `map_err`: an I/O error of `action` on `path`.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }

    /// A problem within a file.
    pub(super) fn content(path: impl Into<PathBuf>, problem: impl Into<String>) -> Self {
        Self::Content { path: path.into(), problem: problem.into() }
    }
}

impl From<ArchiveError> for DatasetError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io { action, path, source } => Self::Io { action, path, source },
            ArchiveError::Damaged { path, offset, problem } => {
                Self::content(path, format!("at byte {offset}: {problem}. Copy it again"))
            }
        }
    }
}
