//! SHA-256 of files, in full or by its first digits.

use std::io;
use std::path::Path;

use resnet_files::{hex, read_in_pieces};
use sha2::{Digest, Sha256};

/// Digits that a file's name may carry, as in `resnet50-11ad3fa6.pth`.
pub(crate) const IN_NAME: usize = 8;
/// All digits.
pub(crate) const FULL: usize = 64;

/// The digits of a hash at the end of a file's name, where it has some.
pub(crate) fn in_name(name: &str) -> Option<&str> {
    let stem = name.rsplit_once('.').map_or(name, |(stem, _)| stem);
    let (_, digits) = stem.rsplit_once('-')?;
    (digits.len() >= IN_NAME && is_hash(digits)).then_some(digits)
}

/// Whether these can be digits of a SHA-256.
pub(crate) fn is_hash(digits: &str) -> bool {
    let hexadecimal = |digit: u8| digit.is_ascii_digit() || (b'a'..=b'f').contains(&digit);
    (IN_NAME..=FULL).contains(&digits.len()) && digits.bytes().all(hexadecimal)
}

/// The SHA-256 of a file in hexadecimal digits.
pub(crate) fn of_file(path: &Path) -> io::Result<String> {
    let mut hasher = Sha256::new();
    read_in_pieces(path, |piece| hasher.update(piece))?;
    Ok(hex(&hasher.finalize()))
}

/// The SHA-256 of a text in hexadecimal digits.
pub(crate) fn of_text(text: &str) -> String {
    hex(&Sha256::digest(text))
}
