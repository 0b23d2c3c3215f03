//! The recipe: every number that decides the result of a run.

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::LrSchedule;
use crate::augment::Augment;
use crate::crop::{Crop, Interpolation, ValidationCrop};
use crate::schedule::DecaySteps;

/// A recipe that cannot be used.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum RecipeError {
    /// The text is not a recipe: a syntax error, an unknown key or a value of the wrong type.
    #[error("the recipe cannot be read: {0}")]
    Parse(#[from] toml::de::Error),
    /// A value makes no sense.
    #[error("{key} = {value}: {reason}")]
    Value {
        /// The key, as `section.key`.
        key: &'static str,
        /// The value, as written.
        value: String,
        /// Why not, and what to write instead.
        reason: &'static str,
    },
}

/// Everything that decides the result of a run; [`presets`](crate::presets) has complete ones.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// The network.
    pub model: Model,
    /// The images and what is done to them.
    pub data: Data,
    /// The optimizer.
    pub optimizer: Optimizer,
    /// The learning rate.
    pub schedule: Schedule,
    /// Length, batch and seed.
    pub train: Train,
}

/// The network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Model {
    /// Weighted layers: 18, 34, 50, 101, 152, or 8, 20, 32, 44, 56, 110 for small images.
    pub resnet_size: usize,
    /// How pixels enter the network.
    pub stem: StemKind,
    /// Classes to tell apart.
    pub num_classes: usize,
    /// Start the last normalisation of every block at zero.
    pub zero_init_gamma: bool,
}

/// How pixels enter the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StemKind {
    /// 7×7 convolution and pooling, for images around 224 px.
    Imagenet,
    /// One 3×3 convolution, for images around 32 px.
    Small,
}

/// The images and what is done to them.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// Height and width of the network's input, in pixels.
    pub image_size: usize,
    /// Length of the shorter side to which validation images are resized before the centre crop, in
    /// pixels.
    pub validation_resize: usize,
    /// How validation images are brought to `image_size`.
    #[serde(default)]
    pub validation_crop: ValidationCrop,
    /// How a resize computes pixels that lie between pixels, in training and validation.
    #[serde(default)]
    pub interpolation: Interpolation,
    /// How training images are brought to `image_size`.
    pub crop: Crop,
    /// What is then done to training images, in this order.
    #[serde(default)]
    pub augment: Vec<Augment>,
    /// Label of the first class in the files: 1 for ImageNet shards, where 0 is "background".
    pub label_offset: u32,
    /// Mean of each channel (red, green, blue), pixel values 0 to 1.
    pub mean: [f32; 3],
    /// Standard deviation of each channel, pixel values 0 to 1.
    pub std: [f32; 3],
    /// What an unreadable image does.
    pub on_bad_image: BadImages,
}

/// What an image that cannot be decoded does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum BadImages {
    /// It stops the run with its name.
    Fail,
    /// It is left out, counted and named in the epoch line.
    Skip {
        /// More than this in one epoch stop the run after all.
        max: usize,
    },
}

/// SGD with momentum, as PyTorch's `torch.optim.SGD` with dampening 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Momentum.
    pub momentum: f64,
    /// Nesterov's variant.
    pub nesterov: bool,
    /// Added to the gradient as `weight_decay * weight`; not for biases and BatchNorm.
    pub weight_decay: f64,
    /// Share of the target that is spread evenly over all classes.
    pub label_smoothing: f64,
}

/// The learning rate over the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Learning rate for a batch of 256; scaled by `batch_size / 256`
    /// ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677)).
    pub base_lr: f64,
    /// Epochs of linear warm-up from zero.
    pub warmup_epochs: f64,
    /// What follows the warm-up.
    pub decay: Decay,
}

/// What follows the warm-up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decay {
    /// Multiplied by `factor` at the start of each of `epochs`.
    Step {
        /// Epochs, ascending.
        epochs: Vec<f64>,
        /// Multiplier.
        factor: f64,
    },
    /// Half a cosine to zero at the end of the run.
    Cosine,
}

/// Length, batch and seed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Train {
    /// Passes over the training set.
    pub epochs: u64,
    /// Images per optimizer step.
    pub batch_size: usize,
    /// Seed of the initial weights, the order and the augmentation.
    pub seed: u64,
    /// Epochs between evaluations on the validation set.
    pub epochs_between_evals: u64,
}

impl Recipe {
    /// Reads a recipe written by [`to_toml`](Self::to_toml).
    ///
    /// # Errors
    /// [`RecipeError::Parse`] with line and column for bad syntax or an unknown key;
    /// [`RecipeError::Value`] for a value that makes no sense.
    pub fn from_toml(text: &str) -> Result<Self, RecipeError> {
        let recipe: Self = toml::from_str(text)?;
        recipe.check()?;
        Ok(recipe)
    }

    /// The recipe as TOML.
    #[must_use]
    pub fn to_toml(&self) -> String {
        toml::to_string_pretty(self).expect("a recipe has only plain keys and finite depth")
    }

    /// Checks every value.
    ///
    /// # Errors
    /// [`RecipeError::Value`] for the first one that makes no sense.
    pub fn check(&self) -> Result<(), RecipeError> {
        self.check_sizes()?;
        self.check_rates()?;
        self.data.crop.check()?;
        self.data.augment.iter().try_for_each(Augment::check)?;
        let deviations = self.data.std;
        ensure(
            "data.std",
            deviations,
            deviations.iter().all(|&s| s > 0.0),
            "every channel's deviation must be positive",
        )
    }

    fn check_sizes(&self) -> Result<(), RecipeError> {
        let Self { model, data, train, .. } = self;
        let positive = "must be at least 1";
        ensure("model.num_classes", model.num_classes, model.num_classes > 0, positive)?;
        ensure("data.image_size", data.image_size, data.image_size > 0, positive)?;
        ensure(
            "data.validation_resize",
            data.validation_resize,
            data.validation_resize >= data.image_size,
            "must not be smaller than data.image_size, or the centre crop does not fit",
        )?;
        ensure("train.epochs", train.epochs, train.epochs > 0, positive)?;
        ensure("train.batch_size", train.batch_size, train.batch_size > 0, positive)?;
        let between = train.epochs_between_evals;
        ensure("train.epochs_between_evals", between, between > 0, positive)
    }

    fn check_rates(&self) -> Result<(), RecipeError> {
        let Self { optimizer, schedule, .. } = self;
        let fraction = "must be at least 0 and below 1";
        let not_negative = "must be a finite number of at least 0";
        let in_unit = |value: f64| (0.0..1.0).contains(&value);
        let natural = |value: f64| value.is_finite() && value >= 0.0;
        let Optimizer { momentum, weight_decay, label_smoothing, .. } = *optimizer;
        ensure("optimizer.momentum", momentum, in_unit(momentum), fraction)?;
        ensure("optimizer.weight_decay", weight_decay, natural(weight_decay), not_negative)?;
        ensure("optimizer.label_smoothing", label_smoothing, in_unit(label_smoothing), fraction)?;
        ensure("schedule.base_lr", schedule.base_lr, natural(schedule.base_lr), not_negative)?;
        let warmup = schedule.warmup_epochs;
        ensure("schedule.warmup_epochs", warmup, natural(warmup), not_negative)
    }

    /// The learning rate of this recipe for an epoch of `steps_per_epoch` optimizer steps.
    #[must_use]
    pub fn lr_schedule(&self, steps_per_epoch: u64) -> LrSchedule {
        let to_steps = |epochs: f64| (epochs * steps_per_epoch as f64).round() as u64;
        LrSchedule {
            peak: self.schedule.base_lr * self.train.batch_size as f64 / 256.0,
            warmup_steps: to_steps(self.schedule.warmup_epochs),
            decay: match &self.schedule.decay {
                Decay::Step { epochs, factor } => DecaySteps::Step {
                    boundaries: epochs.iter().copied().map(to_steps).collect(),
                    factor: *factor,
                },
                Decay::Cosine => {
                    DecaySteps::Cosine { total_steps: self.train.epochs * steps_per_epoch }
                }
            },
        }
    }

    /// What keeps a run of `self` from continuing a run of `saved`: the keys whose change would
    /// make the step number mean something else. Everything else may change between runs.
    #[must_use]
    pub fn resume_conflicts(&self, saved: &Self) -> Vec<String> {
        let mut conflicts = Vec::new();
        let mut compare = |key: &str, saved: String, now: String| {
            if saved != now {
                conflicts.push(format!("{key} was {saved} and is now {now}"));
            }
        };
        let (was, is) = (&saved.model, &self.model);
        compare("model.resnet_size", was.resnet_size.to_string(), is.resnet_size.to_string());
        compare("model.stem", format!("{:?}", was.stem), format!("{:?}", is.stem));
        compare("model.num_classes", was.num_classes.to_string(), is.num_classes.to_string());
        let (was, is) = (&saved.train, &self.train);
        compare("train.batch_size", was.batch_size.to_string(), is.batch_size.to_string());
        compare("train.seed", was.seed.to_string(), is.seed.to_string());
        conflicts
    }
}

pub(crate) fn ensure(
    key: &'static str,
    value: impl std::fmt::Debug,
    holds: bool,
    reason: &'static str,
) -> Result<(), RecipeError> {
    if holds {
        Ok(())
    } else {
        Err(RecipeError::Value { key, value: format!("{value:?}"), reason })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::presets;

    #[test]
    fn survives_a_round_trip_through_toml() {
        for recipe in [presets::tutorial(), presets::fashion_mnist_sample()] {
            let text = recipe.to_toml();
            assert_eq!(Recipe::from_toml(&text).expect(&text), recipe);
        }
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let text = presets::tutorial().to_toml().replace("momentum", "momentun");
        let message = Recipe::from_toml(&text).expect_err("misspelt").to_string();
        assert!(message.contains("momentun"), "{message}");
    }

    #[test]
    fn a_senseless_value_is_named_with_its_key() {
        let mut recipe = presets::tutorial();
        recipe.optimizer.label_smoothing = 1.5;
        let message = recipe.check().expect_err("1.5").to_string();
        assert!(message.starts_with("optimizer.label_smoothing = 1.5"), "{message}");
    }

    #[test]
    fn the_rate_scales_with_the_batch() {
        let mut recipe = presets::tutorial();
        recipe.train.batch_size = 1024;
        assert_eq!(recipe.lr_schedule(1251).peak, 0.512);
    }

    #[test]
    fn another_batch_size_cannot_continue_a_run() {
        let (saved, mut recipe) = (presets::tutorial(), presets::tutorial());
        recipe.train.epochs += 10;
        assert!(recipe.resume_conflicts(&saved).is_empty(), "a longer run can");
        recipe.train.batch_size += 1;
        assert_eq!(recipe.resume_conflicts(&saved).len(), 1);
    }
}
