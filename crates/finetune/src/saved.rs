//! Files that are there whole or not at all.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::FinetuneError;

/// The text of the file `path`.
pub(crate) fn as_json(value: &impl Serialize, path: &Path) -> Result<String, FinetuneError> {
    let failed = |error: serde_json::Error| FinetuneError::Write {
        path: path.to_owned(),
        source: error.into(),
    };
    serde_json::to_string_pretty(value).map_err(failed)
}

pub(crate) fn write(path: &Path, text: &str) -> Result<PathBuf, FinetuneError> {
    let failed = |source| FinetuneError::Write { path: path.to_owned(), source };
    resnet_files::replace(path, text.as_bytes()).map_err(failed)?;
    Ok(path.to_owned())
}
