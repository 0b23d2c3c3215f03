//! What can go wrong while a data set is prepared.

use std::path::PathBuf;

use crate::archive::ArchiveError;

/// Why a data set could not be prepared. Every message names the place and the remedy.
///
/// After any of them the output folder holds whole shards only, and the same call continues with
/// those that are missing.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PrepareError {
    /// The raw folder is of no layout that is known, or a part of the layout is missing.
    #[error("{}: {wanted} not found; there is {found}. {remedy}", path.display())]
    Missing {
        /// Where it was looked for.
        path: PathBuf,
        /// What was looked for.
        wanted: String,
        /// What is there instead.
        found: String,
        /// What to do.
        remedy: &'static str,
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

    /// A shard could not be written.
    #[error(
        "cannot write {}: {source}. Free space on the disk if it is full and start again: whole \
         shards are kept",
        path.display()
    )]
    Write {
        /// The unfinished file, which has been removed.
        path: PathBuf,
        /// Record, byte offset and what the system said.
        #[source]
        source: tfrecord_codec::Error,
    },

    /// An archive is damaged.
    #[error("{}: at byte {offset}: {problem}. Copy or download it again", path.display())]
    Archive {
        /// The archive.
        path: PathBuf,
        /// Where in it.
        offset: u64,
        /// What is wrong.
        problem: String,
    },

    /// The MD5 sum of an archive is not the published one.
    #[error("{}: MD5 is {found}, published is {published}. Download it again", path.display())]
    Md5 {
        /// The archive.
        path: PathBuf,
        /// The sum that ImageNet publishes.
        published: String,
        /// The sum of the file.
        found: String,
    },

    /// A file with labels or class names does not fit.
    #[error("{}: {problem}", path.display())]
    Labels {
        /// The file with labels.
        path: PathBuf,
        /// Line and reason.
        problem: String,
    },

    /// The classes of the two splits, or of the class list, differ.
    #[error("class {class}: {problem}")]
    Class {
        /// The synset or name of the class's folder.
        class: String,
        /// What is wrong.
        problem: String,
    },

    /// An image is unreadable, empty or does not decode.
    #[error("{name}: {reason}. Replace the image, or let bad images be skipped")]
    Image {
        /// File, or archive, member and byte offset.
        name: String,
        /// What is wrong.
        reason: String,
    },

    /// More images are bad than may be skipped.
    #[error(
        "more than {max} bad images, the last is {name}: {reason}. Repair the data, or allow more"
    )]
    TooManyBadImages {
        /// How many were allowed.
        max: usize,
        /// The image that was one too many.
        name: String,
        /// What is wrong with it.
        reason: String,
    },

    /// A bounding-box annotation is not what it should be.
    #[error("{}: {problem}. Copy the annotations again, or go without bounding boxes", path.display())]
    Annotation {
        /// The XML file.
        path: PathBuf,
        /// Place and reason.
        problem: String,
    },

    /// Another process is writing into the folder.
    #[error(
        "{} is being written by {owner}: wait for it, or choose another folder",
        path.display()
    )]
    Locked {
        /// The output folder.
        path: PathBuf,
        /// The other process, with its number if that is known.
        owner: String,
    },

    /// The output folder holds something that this call would not make.
    #[error(
        "{} holds {found}: choose another output folder, or move away what is there",
        path.display()
    )]
    OtherOutput {
        /// The output folder.
        path: PathBuf,
        /// What is there.
        found: String,
    },

    /// An option is outside its range.
    #[error("{option} must be {allowed}, not {given}")]
    Option {
        /// Name of the option.
        option: &'static str,
        /// What it may be.
        allowed: String,
        /// What it was.
        given: String,
    },

    /// The observer asked to stop.
    #[error("stopped; the same call continues with the missing shards")]
    Stopped,
}

impl PrepareError {
    /// For `map_err`: an I/O error of `action` on `path`.
    pub(super) fn io(
        action: &'static str,
        path: impl Into<PathBuf>,
    ) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { action, path, source }
    }
}

impl From<ArchiveError> for PrepareError {
    fn from(error: ArchiveError) -> Self {
        match error {
            ArchiveError::Io { action, path, source } => Self::Io { action, path, source },
            ArchiveError::Damaged { path, offset, problem } => {
                Self::Archive { path, offset, problem }
            }
        }
    }
}
