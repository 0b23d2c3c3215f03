use std::path::PathBuf;

/// Why a data set could not be split. Every message names the place and the remedy.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StratifyError {
    /// The sizes of the splits make no sense.
    #[error("fractions: {problem}")]
    Fractions {
        /// What is wrong, and what to do.
        problem: String,
    },

    /// A manifest is never overwritten.
    #[error("{} exists; nothing is overwritten, choose another name", path.display())]
    Exists {
        /// The file.
        path: PathBuf,
    },

    /// A manifest lists files below its own folder only.
    #[error(
        "{} is not below {}, where the manifest is to be written: write it into the folder of the images",
        file.display(),
        folder.display()
    )]
    Outside {
        /// The image.
        file: PathBuf,
        /// The manifest's folder.
        folder: PathBuf,
    },

    /// A name that a line of a manifest cannot hold.
    #[error("{name:?} is not UTF-8 or has a line break: rename it")]
    Name {
        /// The path, class or group.
        name: String,
    },

    /// The operating system refused to write.
    #[error("cannot write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        #[source]
        source: std::io::Error,
    },
}
