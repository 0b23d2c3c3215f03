//! What can be wrong with a set of image files.

use std::path::PathBuf;

use super::folder::IMAGE_ENDINGS;

/// Why a set of image files could not be opened. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImageFilesError {
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

    /// There is no folder for a class.
    #[error("{} has no folders: put the images of each class into a folder of its name", root.display())]
    NoClasses {
        /// The folder.
        root: PathBuf,
    },

    /// A class folder has no image.
    #[error("{} has no image file ({IMAGE_ENDINGS}): add images, or move the folder away", path.display())]
    EmptyClass {
        /// The class folder.
        path: PathBuf,
    },

    /// What is taken for a class folder has folders and no image.
    #[error(
        "{} holds folders instead of images: if it is the data set, name it instead; otherwise move it \
         away",
        path.display()
    )]
    Nested {
        /// The folder.
        path: PathBuf,
    },

    /// A class is not one of those that labels are numbered by.
    #[error("{}: class {class:?} is not among the training classes: rename or remove it", root.display())]
    UnknownClass {
        /// The folder.
        root: PathBuf,
        /// The class.
        class: String,
    },

    /// A name is not UTF-8.
    #[error("{}: the name is not UTF-8: rename it", path.display())]
    Name {
        /// The file or folder.
        path: PathBuf,
    },

    /// A manifest is not as it should be.
    #[error("{}: line {line}: {problem}", path.display())]
    Manifest {
        /// The manifest.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong, and what to do.
        problem: String,
    },

    /// The paths take more memory than is foreseen.
    #[error("{}: the paths of the images take more than 4 GiB: split the folder", root.display())]
    TooMany {
        /// The folder.
        root: PathBuf,
    },
}

impl ImageFilesError {
    /// For `map_err`: an I/O error of `action` on `path`.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}
