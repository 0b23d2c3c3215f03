//! Why weights could not be had.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

use crate::table::Published;

/// There are no published weights of this name.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("there are no weights `{name}`, and no such file; did you mean {}?", nearest.join(", "))]
pub struct UnknownName {
    /// The name that was asked for.
    pub name: String,
    /// Names that are like it.
    pub nearest: Vec<&'static str>,
}

impl UnknownName {
    pub(crate) fn new(name: &str, all: impl Iterator<Item = Published>) -> Self {
        let mut names: Vec<_> = all.map(|weights| weights.name).collect();
        names.sort_by_key(|other| strsim::damerau_levenshtein(name, other));
        names.truncate(3);
        Self { name: name.to_owned(), nearest: names }
    }
}

/// Why what a person asks for stands for no weights.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum RequestError {
    /// It is no published name, no file and no address.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
    /// What stands behind an address is no hash.
    #[error(
        "{url}: behind the address stands {fragment:?}, where only #sha256= and 8 to 64 hexadecimal digits \
         may stand: mend the digits, or leave them out"
    )]
    Fragment {
        /// The address.
        url: String,
        /// What stands behind it.
        fragment: String,
    },
}

/// Why weights could not be had.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum PretrainedError {
    /// They are elsewhere.
    #[error(
        "the weights are not on this machine: get {url} and put the file at {}",
        path.display()
    )]
    Absent {
        /// Where they are published.
        url: String,
        /// Where they are looked for.
        path: PathBuf,
    },
    /// The file that was asked for is not there.
    #[error("{}: there is no such file of weights", path.display())]
    NoFile {
        /// The file.
        path: PathBuf,
    },
    /// The content is not what was published; the file is removed.
    #[error(
        "{}: its SHA-256 is {found}, which does not begin with {expected}: the file was damaged on the \
         way or is another one. It was removed; get {url} again, or write the hash that you know behind the \
         address: #sha256=…",
        path.display()
    )]
    WrongHash {
        /// Where the file was.
        path: PathBuf,
        /// Where it came from.
        url: String,
        /// What its hash has to begin with.
        expected: String,
        /// Its hash.
        found: String,
    },
    /// The file system refused.
    #[error("{}: cannot {action}: {source}", path.display())]
    Io {
        /// File or folder.
        path: PathBuf,
        /// What was tried.
        action: &'static str,
        /// The system's answer.
        source: io::Error,
    },
    /// The server did not give the file.
    #[error(
        "{url}: {reason}; the same command goes on with the {received} bytes that came, or get the \
         file otherwise and put it at {}",
        path.display()
    )]
    Download {
        /// The address.
        url: String,
        /// What happened.
        reason: String,
        /// Bytes that are here.
        received: u64,
        /// Where the file is looked for.
        path: PathBuf,
    },
}
