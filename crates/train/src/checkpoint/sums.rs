//! `SHA256SUMS`: whether the files of a checkpoint are what was written.

use std::fs;
use std::io;
use std::path::Path;

use resnet_files::{hex, read_in_pieces};
use sha2::{Digest, Sha256};

use super::error::{CheckpointError, failed};

/// In the form of the program `sha256sum`: a line for each file, `HEX  NAME`.
pub(super) const NAME: &str = "SHA256SUMS";

/// Writes the sums of the files `names` of `folder`.
pub(super) fn write(folder: &Path, names: &[&str]) -> Result<(), CheckpointError> {
    let mut text = String::new();
    for name in names {
        text += &format!("{}  {name}\n", sum(&folder.join(name))?);
    }
    let path = folder.join(NAME);
    resnet_files::replace(&path, text.as_bytes()).map_err(failed(&path, "write"))
}

/// Compares the files `names` of `folder` with their sums.
pub(super) fn verify(folder: &Path, names: &[&str]) -> Result<(), CheckpointError> {
    let path = folder.join(NAME);
    let text = damage_if_missing(&path, fs::read(&path))?;
    let text = String::from_utf8_lossy(&text);
    for name in names {
        let path = folder.join(name);
        let found = damage_if_missing(&path, sum_of(&path))?;
        if !text.lines().any(|line| line == format!("{found}  {name}")) {
            let reason = format!("its SHA-256 is {found}, which is not what {NAME} says");
            return Err(CheckpointError::Damaged { path, reason });
        }
    }
    Ok(())
}

/// A file that is not there is damage; a disk that does not answer is an error of its own.
pub(super) fn damage_if_missing<T>(
    path: &Path,
    result: io::Result<T>,
) -> Result<T, CheckpointError> {
    result.map_err(|error| match error.kind() {
        io::ErrorKind::NotFound => {
            let reason = "the file is missing".to_owned();
            CheckpointError::Damaged { path: path.to_owned(), reason }
        }
        _ => failed(path, "read")(error),
    })
}

/// The SHA-256 of a file.
///
/// # Errors
/// [`CheckpointError`] if it cannot be read.
pub(crate) fn sum(path: &Path) -> Result<String, CheckpointError> {
    sum_of(path).map_err(failed(path, "read"))
}

fn sum_of(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    read_in_pieces(path, |piece| hasher.update(piece))?;
    Ok(hex(&hasher.finalize()))
}
