//! Loaders for the two parts of a data set, as a recipe wants them.

use std::sync::Arc;

use resnet_data::{DataError, Loader, LoaderOptions, OnBadImage, Source};
use resnet_recipe::{BadImages, Recipe};

use crate::transforms::{training_transform, validation_transform};

/// Shuffled, augmented, without the last incomplete batch.
///
/// # Errors
/// [`DataError`] if the batch is larger than the data set.
pub fn train_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    let transform = training_transform(recipe);
    let options = LoaderOptions::train(recipe.train.batch_size, recipe.train.seed, transform);
    let on_bad_image = on_bad_image(recipe);
    Loader::new(source, LoaderOptions { workers, on_bad_image, ..options })
}

/// In order, nothing random, every image exactly once.
///
/// # Errors
/// [`DataError`] if the loader cannot be made.
pub fn validation_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    let transform = validation_transform(recipe);
    let options = LoaderOptions::validation(recipe.train.batch_size, transform);
    let on_bad_image = on_bad_image(recipe);
    Loader::new(source, LoaderOptions { workers, on_bad_image, ..options })
}

fn on_bad_image(recipe: &Recipe) -> OnBadImage {
    match recipe.data.on_bad_image {
        BadImages::Fail => OnBadImage::Fail,
        BadImages::Skip { max } => OnBadImage::Skip { max },
    }
}
