//! Where the bundled sample lies.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};

/// The folder of the bundled sample; where it is not there, `remedy` is what to do.
pub(crate) fn sample(remedy: &str) -> Result<PathBuf> {
    sample_of(Path::new(env!("CARGO_MANIFEST_DIR")), remedy)
}

/// That of the clone in which a program was compiled.
pub(crate) fn sample_of(clone: &Path, remedy: &str) -> Result<PathBuf> {
    let folder = clone.join("data/fashion-mnist");
    ensure!(
        folder.is_dir(),
        "the bundled sample lay in the clone where this program was compiled, and {} is gone: {remedy}",
        folder.display()
    );
    Ok(folder)
}
