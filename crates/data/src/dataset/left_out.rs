//! What a data set lists but nobody can train with.

use std::fmt;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::image_files::folder::{Empty, Unread};
use crate::image_files::manifest::BadLine;

/// A line of a manifest that cannot be used, a class folder without an image, or files in it that may be meant for
/// images and are not read.
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

    pub(super) fn class_folder(folder: &Empty) -> Self {
        let problem = match folder.is_nested {
            true => {
                "folders are in this class folder instead of images: move it away, or the images up"
            }
            false => "no image is in this class folder: add images, or move the folder away",
        };
        Self { place: folder.path.display().to_string(), problem: problem.to_owned() }
    }

    pub(super) fn unread(unread: &Unread) -> Self {
        let Unread { folder, extension, name, files } = unread;
        let count = if *files == 1 { "a file".to_owned() } else { format!("{files} files") };
        let kind = match extension.as_str() {
            "" => "without an extension",
            "dcm" => "of DICOM",
            _ => "of another kind",
        };
        let remedy = match extension.as_str() {
            "dcm" => "build with the feature \"dicom\"",
            "" | "dicom" | "ima" => {
                "name DICOM files .dcm, and others by what they are, or move them away"
            }
            _ => "convert images to PNG or TIFF, and move others away",
        };
        let problem = format!("{count} {kind} ({name}) would be left out: {remedy}");
        Self { place: folder.display().to_string(), problem }
    }
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place, self.problem)
    }
}
