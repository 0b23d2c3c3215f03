//! The network a recipe asks for.

use std::collections::BTreeSet;

use burn::tensor::Device;
use resnet_distributed::World;
use resnet_models::{
    Classifier, ConfigError, InputError, Part, ResNet, ResNetConfig, UnknownName, by_name,
};
use resnet_recipe::{Precision, Recipe};
use thiserror::Error;

use crate::architecture::{IdleKey, changed, check_use};
use crate::exchange::sums_over;
use crate::pixels::pixel_format;

/// The recipe asks for a network that does not exist.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No network has this name.
    #[error("model.name: {0}")]
    Unknown(#[from] UnknownName),
    /// Its options contradict each other.
    #[error("[model]: {0}")]
    Contradiction(#[from] ConfigError),
    /// A key does nothing in it.
    #[error(transparent)]
    Idle(#[from] IdleKey),
    /// The images of the run do not fit it.
    #[error("data.image_size, data.validation_size, data.channels or [resolution]: {0}")]
    Images(#[from] InputError),
    /// It does not compute with such floats.
    #[error(
        "train.precision = {wanted:?}: {who} does not compute with these floats; set it to f32"
    )]
    Precision {
        /// What the recipe asks for.
        wanted: Precision,
        /// What cannot do it.
        who: &'static str,
    },
    /// All of it is frozen.
    #[error(
        "model.freeze_until = \"{last}\": nothing would learn, because no parameter of this network \
         has a name of what comes after (layer1 to layer4, norm, fc); freeze less"
    )]
    NothingLearns {
        /// The last part that is frozen.
        last: Part,
    },
}

/// The architecture of `recipe`.
///
/// # Errors
/// [`NetworkError`] if there is no such network.
pub fn config(recipe: &Recipe) -> Result<ResNetConfig, NetworkError> {
    let model = &recipe.model;
    let config =
        changed(named(&model.name)?, model).with_in_channels(pixel_format(recipe).channels.count());
    config.check()?;
    check_use(&config, recipe)?;
    Ok(config)
}

/// A network of the zoo, or of the family for small images that the first paper describes.
fn named(name: &str) -> Result<ResNetConfig, UnknownName> {
    by_name(name).map(|entry| entry.config).or_else(|unknown| {
        let layers = name.strip_prefix("resnet").and_then(|layers| layers.parse().ok());
        layers.and_then(|layers| ResNetConfig::new(layers).ok()).ok_or(unknown)
    })
}

/// The network of `recipe` with its initial weights, on `device`.
///
/// # Errors
/// [`NetworkError`] if there is no such network.
pub fn build(recipe: &Recipe, device: &Device) -> Result<ResNet, NetworkError> {
    Ok(config(recipe)?.init(recipe.train.seed, device))
}

/// As [`build`], one of the networks of all ranks of `world`.
///
/// # Errors
/// As [`build`].
pub(crate) fn build_among(
    recipe: &Recipe,
    device: &Device,
    world: &World,
) -> Result<ResNet, NetworkError> {
    if world.is_alone() || !recipe.model.sync_batch_norm {
        return build(recipe, device);
    }
    Ok(config(recipe)?.init_among(sums_over(world), recipe.train.seed, device))
}

/// Whether `model` takes the images that `recipe` makes, of every size.
pub(crate) fn check_images<M: Classifier>(model: &M, recipe: &Recipe) -> Result<(), NetworkError> {
    check_training_images(model, recipe)?;
    Ok(check_size(model, recipe, recipe.data.validation_side())?)
}

/// The same of the images that a teacher sees, which are those for training.
pub(crate) fn check_training_images<M: Classifier>(
    model: &M,
    recipe: &Recipe,
) -> Result<(), NetworkError> {
    let sizes = (0..recipe.train.epochs).map(|epoch| recipe.training_size(epoch));
    let sizes: BTreeSet<_> = sizes.collect();
    Ok(sizes.into_iter().try_for_each(|size| check_size(model, recipe, size))?)
}

fn check_size<M: Classifier>(model: &M, recipe: &Recipe, size: usize) -> Result<(), InputError> {
    let channels = pixel_format(recipe).channels.count();
    model.check_images([recipe.train.batch_size, channels, size, size])
}

/// The last part that stays as it is in `epoch` (from 0), if one does.
pub(crate) fn frozen_until(recipe: &Recipe, epoch: u64) -> Option<Part> {
    Part::ALL[..recipe.frozen_parts(epoch)].last().copied()
}
