//! Whether the folder of a run is apart from the images.

use std::path::{Path, PathBuf};

use resnet_data::Layout;

use super::ModelFolder;
use crate::TrainError;

impl ModelFolder {
    /// Refuses the folder `data` of the images as that of a run, and any within it where folders are classes or
    /// splits: what a run writes there would be taken for images, or written over the names of the classes.
    ///
    /// # Errors
    /// [`TrainError::FolderOfImages`].
    pub fn check_apart_from(&self, data: &Path) -> Result<(), TrainError> {
        let (run, images) = (resolved(&self.0), resolved(data));
        let has_named_folders =
            || matches!(Layout::recognise(data), Ok(Layout::ClassFolders | Layout::SplitFolders));
        if images.is_dir() && run == images {
            Err(self.of_images("it is the folder of the images"))
        } else if run.starts_with(&images) && has_named_folders() {
            Err(self.of_images("it lies among the images, whose folders are classes or splits"))
        } else {
            Ok(())
        }
    }

    /// A run has its recipe before it has the names of the classes.
    pub(super) fn check_is_no_data_set(&self) -> Result<(), TrainError> {
        if self.classes().exists() && !self.config().exists() {
            let why =
                "it holds classes.json and no config.toml, as a data set does and a run does not";
            return Err(self.of_images(why));
        }
        Ok(())
    }

    fn of_images(&self, why: &'static str) -> TrainError {
        TrainError::FolderOfImages { path: self.0.clone(), why }
    }
}

/// A path without links and dots; what does not exist yet follows what does.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_empty| path.to_owned());
    let existing = |above: &Path| {
        let rest = absolute.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    };
    absolute.ancestors().find_map(existing).unwrap_or_else(|| absolute.clone())
}
