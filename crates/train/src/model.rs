//! The network a recipe asks for.

use burn::tensor::Device;
use resnet_models::{ResNet, ResNetConfig, Stem, UnknownSize};
use resnet_recipe::{Recipe, StemKind};

/// The architecture of `recipe`.
///
/// # Errors
/// [`UnknownSize`] if there is no such network.
pub fn config(recipe: &Recipe) -> Result<ResNetConfig, UnknownSize> {
    let model = &recipe.model;
    let stem = match model.stem {
        StemKind::Imagenet => Stem::ImageNet,
        StemKind::Small => Stem::Small,
    };
    Ok(ResNetConfig::new(model.resnet_size)?
        .with_num_classes(model.num_classes)
        .with_stem(stem)
        .with_zero_init_gamma(model.zero_init_gamma))
}

/// The network of `recipe` with its initial weights, on `device`.
///
/// # Errors
/// [`UnknownSize`] if there is no such network.
pub fn build(recipe: &Recipe, device: &Device) -> Result<ResNet, UnknownSize> {
    Ok(config(recipe)?.init(recipe.train.seed, device))
}
