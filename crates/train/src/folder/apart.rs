//! Whether the folder of a run is apart from the images.

use std::path::Path;

use resnet_data::{Layout, lies_in};

use super::ModelFolder;
use crate::TrainError;

impl ModelFolder {
    /// Refuses the folder `data` of the images as that of a run, and any within it where folders are classes or
    /// splits: what a run writes there would be taken for images, or written over the names of the classes.
    ///
    /// # Errors
    /// [`TrainError::FolderOfImages`].
    pub fn check_apart_from(&self, data: &Path) -> Result<(), TrainError> {
        let is_within = lies_in(&self.0, data);
        if data.is_dir() && is_within && lies_in(data, &self.0) {
            Err(self.of_images("it is the folder of the images"))
        } else if is_within && Layout::recognise(data).is_ok_and(Layout::has_named_folders) {
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
