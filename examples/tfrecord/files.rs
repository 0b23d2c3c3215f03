//! Which files are meant, and how far reading them has come.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

/// The files that names and patterns stand for: in the order given, those of a pattern sorted.
pub(crate) fn expand(names: &[String]) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        // A file whose own name looks like a pattern is meant itself.
        if Path::new(name).exists() || !name.contains(['*', '?', '[']) {
            files.push(PathBuf::from(name));
            continue;
        }
        let found = matches(name)?;
        if found.is_empty() {
            bail!("no file matches {name:?}");
        }
        files.extend(found);
    }
    Ok(files)
}

/// Files only, and no indexes: `train-*` means the shards.
fn matches(pattern: &str) -> Result<Vec<PathBuf>> {
    let found = glob::glob(pattern).with_context(|| format!("{pattern:?} is not a pattern"))?;
    let mut files = Vec::new();
    for path in found {
        let path = path?;
        if path.is_file() && path.extension().is_none_or(|extension| extension != "idx") {
            files.push(path);
        }
    }
    Ok(files)
}

/// A bar over the bytes of some files. It shows on terminals only.
pub(crate) fn progress(files: &[PathBuf]) -> ProgressBar {
    let bytes = files.iter().filter_map(|file| file.metadata().ok()).map(|file| file.len()).sum();
    let style = ProgressStyle::with_template(
        "{bar:30} {bytes}/{total_bytes} {bytes_per_sec} {eta} {wide_msg}",
    );
    ProgressBar::new(bytes).with_style(style.expect("the template is valid"))
}

/// Bytes of a file, 0 if it cannot be looked at: only the bar depends on it.
pub(crate) fn len(file: &Path) -> u64 {
    file.metadata().map_or(0, |metadata| metadata.len())
}
