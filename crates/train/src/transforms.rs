//! From the recipe's words to what the loaders do with each image.

use resnet_data::{Augment, Crop, Interpolation, PixelSampling, Transform};
use resnet_recipe as recipe;
use resnet_recipe::{Data, Recipe};

/// What happens to every training image of the first epoch; it prints itself.
///
/// ```
/// use resnet_recipe::presets;
///
/// assert_eq!(
///     resnet_train::transforms::training_transform(&presets::tutorial()).to_string(),
///     "RandomResizedCrop(224, scale 0.08..1, ratio 0.75..1.3333, bilinear) -> HorizontalFlip(0.5)"
/// );
/// ```
#[must_use]
pub fn training_transform(recipe: &Recipe) -> Transform {
    training_transform_at(recipe, recipe.training_size(0))
}

/// The same for images of `size` by `size` pixels.
pub(crate) fn training_transform_at(recipe: &Recipe, size: usize) -> Transform {
    let data = &recipe.data;
    let pair = |[low, high]: [f64; 2]| (low, high);
    let crop = match data.crop {
        recipe::Crop::RandomResizedCrop { scale, ratio } => {
            Crop::RandomResizedCrop { scale: pair(scale), ratio: pair(ratio) }
        }
        recipe::Crop::DistortedBox => Crop::distorted_box(),
        recipe::Crop::PadCrop { pad } => Crop::PadCrop { pad },
        recipe::Crop::AsInValidation => validation_crop(data, size),
    };
    data.augment.iter().map(augment).fold(transform(data, size, crop), Transform::then)
}

/// What happens to every validation image; it prints itself.
#[must_use]
pub fn validation_transform(recipe: &Recipe) -> Transform {
    let data = &recipe.data;
    let size = data.validation_side();
    transform(data, size, validation_crop(data, size))
}

fn transform(data: &Data, size: usize, crop: Crop) -> Transform {
    let interpolation = match data.interpolation {
        recipe::Interpolation::Nearest => Interpolation::Nearest,
        recipe::Interpolation::Bilinear => Interpolation::Bilinear,
        recipe::Interpolation::Bicubic => Interpolation::Bicubic,
        recipe::Interpolation::BilinearAliased => Interpolation::BilinearAliased,
        recipe::Interpolation::BilinearTf1 => Interpolation::BilinearTf1,
    };
    Transform { interpolation, ..Transform::new(size, crop) }
}

/// The part of an image that is seen in validation, as `size` by `size` pixels.
fn validation_crop(data: &Data, size: usize) -> Crop {
    // Rounded up, so that the image does not become smaller than the part of it.
    let resize = (data.validation_resize * size).div_ceil(data.validation_side());
    match data.validation_crop {
        recipe::ValidationCrop::ResizeCenterCrop => Crop::ResizeCenterCrop { resize },
        recipe::ValidationCrop::TensorflowCenterCrop => Crop::TensorFlowCenterCrop { resize },
        recipe::ValidationCrop::Squash => Crop::Squash,
        recipe::ValidationCrop::Letterbox { fill } => Crop::Letterbox { fill },
    }
}

fn augment(step: &recipe::Augment) -> Augment {
    let pair = |[low, high]: [f64; 2]| (low, high);
    match *step {
        recipe::Augment::HorizontalFlip { p } => Augment::HorizontalFlip { p },
        recipe::Augment::VerticalFlip { p } => Augment::VerticalFlip { p },
        recipe::Augment::Grayscale { p } => Augment::Grayscale { p },
        recipe::Augment::ColorJitter { brightness, contrast, saturation, hue } => {
            Augment::ColorJitter { brightness, contrast, saturation, hue }
        }
        recipe::Augment::Rotation { degrees, sampling } => {
            Augment::Rotation { degrees, sampling: picked(sampling) }
        }
        recipe::Augment::RandAugment { ops, magnitude, bins, sampling } => {
            Augment::RandAugment { ops, magnitude, bins, sampling: picked(sampling) }
        }
        recipe::Augment::TrivialAugmentWide { bins, sampling } => {
            Augment::TrivialAugmentWide { bins, sampling: picked(sampling) }
        }
        recipe::Augment::AutoAugment { sampling } => {
            Augment::AutoAugment { sampling: picked(sampling) }
        }
        recipe::Augment::AugMix { severity, width, depth, sampling } => {
            Augment::AugMix { severity, width, depth, sampling: picked(sampling) }
        }
        recipe::Augment::RandomErasing { p, scale, ratio, value } => {
            Augment::RandomErasing { p, scale: pair(scale), ratio: pair(ratio), value }
        }
    }
}

fn picked(sampling: recipe::Sampling) -> PixelSampling {
    match sampling {
        recipe::Sampling::Nearest => PixelSampling::Nearest,
        recipe::Sampling::Bilinear => PixelSampling::Bilinear,
    }
}
