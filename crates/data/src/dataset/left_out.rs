//! What a data set lists but nobody can train with.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::image_files::manifest::BadLine;

/// A line of a manifest that cannot be used, or a class folder without an image.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftOut {
    /// The file and line, or the folder.
    pub place: String,
    /// What is wrong there, and what to do.
    pub problem: String,
}

impl LeftOut {
    pub(super) fn line(manifest: &Path, (line, problem): &BadLine) -> Self {
        let place = format!("{}: line {line}", manifest.display());
        Self { place, problem: problem.clone() }
    }

    pub(super) fn class_folder(folder: &Path) -> Self {
        let problem = "no image is in this class folder: add images, or remove the folder";
        Self { place: folder.display().to_string(), problem: problem.to_owned() }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}
