//! The folder where weights from elsewhere are kept.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::PretrainedError;
use crate::hash::{of_file, of_text};
use crate::request::{Request, name_in};

/// So many digits of its hash tell an address from all others in a cache.
const DIGITS_OF_ADDRESS: usize = 16;

/// A folder with files of weights, each under the name that it was published with. Those of other addresses
/// are in a folder for each address, as many of them have the same name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cache {
    folder: PathBuf,
}

/// A file of weights on this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The file.
    pub path: PathBuf,
    /// Its SHA-256, which begins with the digits that are known of it.
    pub sha256: String,
    /// Whether any digits were known.
    pub verified: bool,
}

impl Cache {
    /// Keeps files in `folder`, which need not exist yet.
    #[must_use]
    pub fn new(folder: impl Into<PathBuf>) -> Self {
        Self { folder: folder.into() }
    }

    /// The folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Where the file of `request` is or would be.
    #[must_use]
    pub fn path(&self, request: &Request) -> PathBuf {
        match request {
            Request::Name(published) => self.folder.join(published.file_name()),
            Request::File(path) => path.clone(),
            Request::Url { url, .. } => {
                self.folder.join(&of_text(url)[..DIGITS_OF_ADDRESS]).join(name_in(url))
            }
        }
    }

    /// The file of `request`, if it is on this machine, after comparing its hash.
    ///
    /// # Errors
    /// [`PretrainedError::Absent`] with the address and the place if it is not here, and
    /// [`PretrainedError::WrongHash`] if it is another file, which is then removed.
    pub fn find(&self, request: &Request) -> Result<Found, PretrainedError> {
        let path = self.path(request);
        let sha256 = match of_file(&path) {
            Ok(sha256) => sha256,
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                return Err(match request.url() {
                    Some(url) => PretrainedError::Absent { url: url.to_owned(), path },
                    None => PretrainedError::NoFile { path },
                });
            }
            Err(source) => {
                return Err(PretrainedError::Io { path, action: "read the weights", source });
            }
        };
        compared(request, path, sha256)
    }
}

/// The file at `path` with this hash, if it is what was asked for; it is removed otherwise.
pub(crate) fn compared(
    request: &Request,
    path: PathBuf,
    sha256: String,
) -> Result<Found, PretrainedError> {
    let expected = request.sha256();
    if expected.is_some_and(|expected| !sha256.starts_with(expected)) {
        return Err(removed(path, request, sha256));
    }
    Ok(Found { path, sha256, verified: expected.is_some() })
}

/// Removes a file with another hash than it should have.
fn removed(path: PathBuf, request: &Request, found: String) -> PretrainedError {
    if let Err(source) = fs::remove_file(&path) {
        return PretrainedError::Io { path, action: "remove the damaged weights", source };
    }
    PretrainedError::WrongHash {
        path,
        url: request.url().unwrap_or_default().to_owned(),
        expected: request.sha256().unwrap_or_default().to_owned(),
        found,
    }
}
