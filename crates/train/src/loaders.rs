//! Loaders for the two parts of a data set, as a recipe wants them.

use std::sync::Arc;

use resnet_data::{DataError, Loader, LoaderOptions, OnBadImage, Source, Transform};
use resnet_recipe::{Augment, BadImages, Recipe};

/// Shuffled, augmented, without the last incomplete batch.
///
/// # Errors
/// [`DataError`] if the batch is larger than the data set.
pub fn train_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    let transform = train_transform(recipe);
    let options = LoaderOptions::train(recipe.train.batch_size, recipe.train.seed, transform);
    let on_bad_image = on_bad_image(recipe);
    Loader::new(source, LoaderOptions { workers, on_bad_image, ..options })
}

/// In order, resized and cropped in the centre, every image exactly once.
///
/// # Errors
/// [`DataError`] if the loader cannot be made.
pub fn validation_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    let options = LoaderOptions::validation(recipe.train.batch_size, validation_transform(recipe));
    let on_bad_image = on_bad_image(recipe);
    Loader::new(source, LoaderOptions { workers, on_bad_image, ..options })
}

/// What training does to every image.
#[must_use]
pub fn train_transform(recipe: &Recipe) -> Transform {
    let size = recipe.data.image_size;
    match recipe.data.augment {
        Augment::RandomResizedCrop => Transform::imagenet_train(size),
        Augment::PadCrop { pad } => Transform::PadCrop { size, pad, flip: 0.5 },
    }
}

/// What evaluation does to every image.
#[must_use]
pub fn validation_transform(recipe: &Recipe) -> Transform {
    let (resize, size) = (recipe.data.validation_resize, recipe.data.image_size);
    Transform::ResizeCenterCrop { resize, size }
}

fn on_bad_image(recipe: &Recipe) -> OnBadImage {
    match recipe.data.on_bad_image {
        BadImages::Fail => OnBadImage::Fail,
        BadImages::Skip { max } => OnBadImage::Skip { max },
    }
}
