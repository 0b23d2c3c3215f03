//! A network that was trained, and what it says.

use std::path::Path;
use std::sync::Arc;

use burn::tensor::Device;
use burn::tensor::activation::softmax;
use resnet_data::Source;
use resnet_models::tensors;
use resnet_recipe::Recipe;
use resnet_train::TrainError;
use resnet_train::checkpoint::CheckpointError;
use resnet_train::input::Normalizer;
use resnet_train::loaders::validation_loader;
use resnet_train::predict::Trained;

use crate::FinetuneError;

/// A network that was trained, and what has to be known to ask it.
#[derive(Debug, Clone)]
pub struct Network {
    trained: Trained,
    workers: usize,
}

impl Network {
    /// The network of `recipe` with the weights in the file `path`.
    pub(crate) fn read(
        path: &Path,
        recipe: &Recipe,
        classes: &[String],
        device: &Device,
        workers: usize,
    ) -> Result<Self, FinetuneError> {
        let weights =
            tensors::read(path).map_err(CheckpointError::from).map_err(TrainError::from)?;
        let (recipe, classes) = (recipe.clone(), Some(classes.to_vec()));
        let trained = Trained::with_weights(weights, recipe, classes, path.to_owned(), device)?;
        Ok(Self { trained, workers })
    }

    /// Names of the classes, in the order of the probabilities.
    #[must_use]
    pub fn classes(&self) -> &[String] {
        &self.trained.classes
    }

    /// The probability of each class for every image, with the transform of an evaluation.
    ///
    /// # Errors
    /// [`FinetuneError::Image`] for an image that cannot be read.
    pub fn probabilities(&self, images: &Arc<dyn Source>) -> Result<Vec<Vec<f64>>, FinetuneError> {
        let Trained { model, device, recipe, .. } = &self.trained;
        let loader = validation_loader(Arc::clone(images), recipe, self.workers)?;
        let normalizer = Normalizer::new(recipe.data.mean, recipe.data.std, device);
        let mut rows = Vec::with_capacity(images.len());
        for batch in loader.epoch(0, 0) {
            let batch = normalizer.upload(batch?);
            let probabilities = softmax(model.forward(batch.images), 1).into_data();
            let values: Vec<f64> = probabilities.iter::<f64>().collect();
            rows.extend(values.chunks(self.classes().len()).map(<[f64]>::to_vec));
        }
        // The slots of the last batch that have no image of their own come last.
        rows.truncate(images.len());
        Ok(rows)
    }
}
