//! A trained network, as a run left it.

use std::path::{Path, PathBuf};

use burn::tensor::Device;
use resnet_models::tensors::{self, TensorMap};
use resnet_models::{ResNet, load_state_dict};
use resnet_recipe::Recipe;

use crate::TrainError;
use crate::checkpoint::{CheckpointError, Store, load_model, read_recipe, sum};
use crate::folder::ModelFolder;

/// A network for inference, and what has to be known to ask it.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The network, without autodiff.
    pub model: ResNet,
    /// Where it computes.
    pub device: Device,
    /// What it was trained with: the validation transform and the normalisation are in it.
    pub recipe: Recipe,
    /// Names of the classes, in the order of the logits; their numbers if they have no names.
    pub classes: Vec<String>,
    /// The file or checkpoint that the weights are from.
    pub path: PathBuf,
}

impl Trained {
    /// The weights of the best evaluation of the run in `model_dir`; those of its newest whole
    /// checkpoint if it was never evaluated.
    ///
    /// # Errors
    /// [`TrainError::NoCheckpoint`] if there is no run, and whatever keeps its files from being read.
    pub fn from_run(model_dir: &Path, device: &Device) -> Result<Self, TrainError> {
        let folder = ModelFolder::at(model_dir);
        if !folder.best().exists() {
            return Self::newest(model_dir, device);
        }
        let recipe = read_recipe(&folder.config())?;
        let weights = tensors::read(&folder.best()).map_err(CheckpointError::from)?;
        let classes = folder.read_classes(recipe.model.num_classes)?;
        Self::with_weights(weights, recipe, classes, folder.best(), device)
    }

    /// The SHA-256 of the file of the weights.
    ///
    /// # Errors
    /// [`CheckpointError`] if it cannot be read any more.
    pub fn sum(&self) -> Result<String, TrainError> {
        Ok(sum(&self.path)?)
    }

    /// The newest whole checkpoint of the run in `model_dir`.
    ///
    /// # Errors
    /// As [`from_run`](Self::from_run).
    pub fn newest(model_dir: &Path, device: &Device) -> Result<Self, TrainError> {
        let newest = Store::new(model_dir).newest_whole(load_model)?.newest;
        let none = || TrainError::NoCheckpoint { path: model_dir.to_owned() };
        let (path, (weights, recipe)) = newest.ok_or_else(none)?;
        let classes = ModelFolder::at(model_dir).read_classes(recipe.model.num_classes)?;
        Self::with_weights(weights, recipe, classes, path, device)
    }

    /// The network of `recipe` with these weights, which are from `path`.
    ///
    /// # Errors
    /// [`CheckpointError::Architecture`] if they are of another network.
    pub fn with_weights(
        weights: TensorMap,
        recipe: Recipe,
        classes: Option<Vec<String>>,
        path: PathBuf,
        device: &Device,
    ) -> Result<Self, TrainError> {
        let (model, _) = load_state_dict(crate::build(&recipe, device)?, weights)
            .map_err(|source| CheckpointError::Architecture { path: path.clone(), source })?;
        let numbers = || (0..recipe.model.num_classes).map(|class| class.to_string()).collect();
        let classes = classes.unwrap_or_else(numbers);
        Ok(Self { model, device: device.clone(), recipe, classes, path })
    }
}
