//! What a run leaves, and whether two runs leave the same.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

/// Names in a folder, sorted; none if it is missing.
pub(crate) fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}

/// The folders of whole checkpoints, oldest first.
pub(crate) fn checkpoints(model: &Path) -> Vec<PathBuf> {
    let folder = model.join("checkpoints");
    let names = names(&folder).into_iter().filter(|name| name.starts_with("step-"));
    names.map(|name| folder.join(name)).collect()
}

/// Fails unless the last checkpoints and the best weights of two runs have the same bytes.
pub(crate) fn compare(expected: &Path, got: &Path) -> Result<()> {
    let newest = |model: &Path| checkpoints(model).pop().context("no checkpoint");
    let (expected_newest, got_newest) = (newest(expected)?, newest(got)?);
    ensure!(
        expected_newest.file_name() == got_newest.file_name(),
        "the last checkpoint is {}",
        got_newest.display()
    );
    let files = names(&expected_newest);
    ensure!(files == names(&got_newest), "{} has other files", got_newest.display());
    for name in files {
        compare_files(&expected_newest.join(&name), &got_newest.join(&name))?;
    }
    compare_files(&expected.join("best.safetensors"), &got.join("best.safetensors"))
}

fn compare_files(expected: &Path, got: &Path) -> Result<()> {
    let read = |path: &Path| fs::read(path).with_context(|| format!("no {}", path.display()));
    ensure!(read(expected)? == read(got)?, "{} has other bytes", got.display());
    Ok(())
}
