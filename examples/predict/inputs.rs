//! From what a person names to image files.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use resnet::data::ImageFiles;

/// The files that are meant, in the order in which they were named, each once.
pub(crate) fn expand(named: &[String]) -> Result<Vec<PathBuf>> {
    let mut paths: Vec<PathBuf> = Vec::new();
    let mut seen = std::collections::HashSet::new();
    for name in named {
        paths.extend(one(name)?.into_iter().filter(|path| seen.insert(path.clone())));
    }
    Ok(paths)
}

/// A file, the images below a folder, or what a pattern matches. What is not there stays in the list: it
/// is reported as an image that cannot be read.
fn one(name: &str) -> Result<Vec<PathBuf>> {
    let path = Path::new(name);
    if path.is_dir() {
        let below = ImageFiles::below(path)?;
        anyhow::ensure!(!below.is_empty(), "{name}: no image in this folder or below it");
        return Ok(below);
    }
    if path.exists() || !name.contains(['*', '?', '[']) {
        return Ok(vec![path.to_owned()]);
    }
    let matches = glob::glob(name).with_context(|| format!("{name}: no pattern"))?;
    let matches = matches.collect::<Result<Vec<_>, _>>()?;
    Ok(if matches.is_empty() { vec![path.to_owned()] } else { matches })
}
