//! Loaders for the two parts of a data set, as a recipe wants them.

use std::sync::Arc;

use resnet_data::{DataError, Loader, LoaderOptions, OnBadImage, Rank, Sampling, Source, Views};
use resnet_recipe::{BadImages, Recipe, Sampler, ValidationViews};

use crate::pixels::{decoder, pixel_format};
use crate::transforms::{training_transform_at, validation_transform};

/// Drawn as the recipe's sampler says, augmented, without the last incomplete batch; images have the
/// size of the first epoch.
///
/// # Errors
/// [`DataError`] if the batch is larger than the data set, or the sampler needs classes or weights
/// that cannot be had.
pub fn train_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    train_loader_at(source, recipe, workers, recipe.training_size(0), Rank::ALONE)
}

/// The same with images of `size` by `size` pixels, and only the share of one rank.
pub(crate) fn train_loader_at(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
    size: usize,
    rank: Rank,
) -> Result<Loader, DataError> {
    let transform = training_transform_at(recipe, size);
    let share = recipe.train.batch_size / rank.size;
    let options = LoaderOptions::train(share, recipe.train.seed, transform);
    let sampling = match recipe.data.sampler {
        Sampler::Shuffle => Sampling::Shuffled,
        Sampler::Balanced => Sampling::ClassBalanced,
        Sampler::Weighted => Sampling::Weighted,
        Sampler::Repeated { times } => Sampling::Repeated { times },
    };
    loader(source, recipe, LoaderOptions { workers, sampling, rank, ..options })
}

/// In order, nothing random, every image exactly once; ten images for each if the recipe wants ten looks at
/// it. (Mirror images are made on the device.)
///
/// # Errors
/// [`DataError`] if the loader cannot be made.
pub fn validation_loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
) -> Result<Loader, DataError> {
    validation_share(source, recipe, workers, Rank::ALONE)
}

/// The same, only the share of one rank.
pub(crate) fn validation_share(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    workers: usize,
    rank: Rank,
) -> Result<Loader, DataError> {
    let transform = validation_transform(recipe);
    let options = LoaderOptions::validation(recipe.train.batch_size / rank.size, transform);
    let views = match recipe.data.validation_views {
        ValidationViews::Single | ValidationViews::Flip => Views::Single,
        ValidationViews::TenCrop => Views::TenCrop,
    };
    loader(source, recipe, LoaderOptions { workers, rank, views, ..options })
}

fn loader(
    source: Arc<dyn Source>,
    recipe: &Recipe,
    options: LoaderOptions,
) -> Result<Loader, DataError> {
    let on_bad_image = match recipe.data.on_bad_image {
        BadImages::Fail => OnBadImage::Fail,
        BadImages::Skip { max } => OnBadImage::Skip { max },
    };
    let format = pixel_format(recipe);
    let options = LoaderOptions { on_bad_image, format, ..options };
    Loader::with_decoder(source, options, decoder(recipe))
}
