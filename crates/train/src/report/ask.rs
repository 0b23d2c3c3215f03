//! Asks the network of a run about images.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use burn::tensor::Device;
use resnet_data::{Batch, Source};
use resnet_models::tensors::{self, TensorMap};
use resnet_models::{ResNet, load_state_dict};
use resnet_recipe::{BadImages, Recipe};

use crate::TrainError;
use crate::checkpoint::{CheckpointError, Store, load_model};
use crate::evaluate::viewed;
use crate::folder::ModelFolder;
use crate::input::Normalizer;
use crate::loaders::validation_loader;

/// A network for inference.
pub(super) struct Network {
    model: ResNet,
    device: Device,
    pub(super) recipe: Recipe,
    pub(super) weights: PathBuf,
}

/// What it says about the images that could be read.
#[derive(Default)]
pub(super) struct Answers {
    /// Numbers in the source.
    pub(super) images: Vec<usize>,
    pub(super) truth: Vec<usize>,
    /// A row for each image.
    pub(super) logits: Vec<f32>,
}

impl Network {
    pub(super) fn of_run(model_dir: &Path, device: &Device) -> Result<Self, TrainError> {
        let (weights, tensors, recipe) = best_or_newest(model_dir)?;
        let (model, _) = load_state_dict(crate::build(&recipe, device)?, tensors)
            .map_err(|source| CheckpointError::Architecture { path: weights.clone(), source })?;
        Ok(Self { model, device: device.clone(), recipe, weights })
    }

    /// Every image once, through the validation transform; those that do not decode are left out.
    pub(super) fn answers(
        &self,
        source: &Arc<dyn Source>,
        workers: usize,
    ) -> Result<Answers, TrainError> {
        let mut recipe = self.recipe.clone();
        recipe.data.on_bad_image = BadImages::Skip { max: usize::MAX };
        // A small set makes a small batch: nothing is computed for slots that stay empty.
        recipe.train.batch_size = recipe.train.batch_size.min(source.len().max(1));
        let loader = validation_loader(source.clone(), &recipe, workers)?;
        let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, &self.device);
        let (mut answers, mut first) = (Answers::default(), 0);
        for batch in loader.epoch(0, 0) {
            let batch = batch?;
            let (labels, kept) = (batch.labels.clone(), slots_with_an_image(&batch));
            let images = normalizer.upload(batch).images;
            let logits = viewed(&self.model, images, recipe.data.validation_views);
            let [slots, classes] = logits.dims();
            let rows: Vec<f32> = logits.into_data().iter::<f32>().collect();
            for slot in kept {
                answers.images.push(first + slot);
                answers.truth.push(labels[slot] as usize);
                answers.logits.extend(&rows[slot * classes..(slot + 1) * classes]);
            }
            first += slots;
        }
        Ok(answers)
    }
}

fn slots_with_an_image(batch: &Batch) -> Vec<usize> {
    let weighty = |(slot, &weight): (usize, &f32)| (weight > 0.0).then_some(slot);
    batch.weights.iter().enumerate().filter_map(weighty).collect()
}

/// The weights of the best evaluation, or of the newest whole checkpoint, with their place and recipe.
fn best_or_newest(model_dir: &Path) -> Result<(PathBuf, TensorMap, Recipe), TrainError> {
    let folder = ModelFolder::at(model_dir);
    if !folder.best().exists() {
        let newest = Store::new(model_dir).newest_whole(load_model)?.newest;
        let none = || TrainError::NoCheckpoint { path: model_dir.to_owned() };
        let (path, (weights, recipe)) = newest.ok_or_else(none)?;
        return Ok((path, weights, recipe));
    }
    let unreadable = |source| TrainError::RunFile { path: folder.config(), source };
    let recipe = Recipe::from_toml(&fs::read_to_string(folder.config()).map_err(unreadable)?)?;
    let weights = tensors::read(&folder.best()).map_err(CheckpointError::from)?;
    Ok((folder.best(), weights, recipe))
}
