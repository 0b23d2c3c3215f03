//! What several tests need.

use std::fmt::Write as _;
use std::path::PathBuf;

use sha2::{Digest, Sha256};

/// A line of a table that `tests/golden/generate.py` writes.
pub(crate) struct Golden {
    pub(crate) name: String,
    /// Width, height and the SHA-256 of the RGB pixels; nothing where Pillow gives up.
    pub(crate) pillow: Option<(usize, usize, String)>,
}

pub(crate) fn golden(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name)
}

pub(crate) fn picture(name: &str) -> Vec<u8> {
    std::fs::read(golden(name)).unwrap()
}

/// The lines of a table.
pub(crate) fn table(name: &str) -> Vec<Golden> {
    let text = std::fs::read_to_string(golden(name)).unwrap();
    let row = |line: &str| {
        let [name, width, height, hash] = line.split(' ').collect::<Vec<_>>()[..] else {
            panic!("four words in {line}");
        };
        let size = width.parse().ok().zip(height.parse().ok());
        let pillow = size.map(|(width, height)| (width, height, hash.to_owned()));
        Golden { name: name.to_owned(), pillow }
    };
    text.lines().map(row).collect()
}

pub(crate) fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}
