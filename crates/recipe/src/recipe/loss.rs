//! `[loss]`: what a prediction costs.

use serde::{Deserialize, Serialize};

use super::check::{FRACTION, POSITIVE, ensure, in_unit, positive};
use super::{ClassWeights, Distillation, RecipeError};

/// What a prediction costs, and how images and labels are mixed before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// The function.
    #[serde(default)]
    pub kind: LossKind,
    /// Share of the target that is spread evenly over all classes.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Parameter of the Beta distribution of mixup's shares, at most 1; 0 is off
    /// ([Zhang et al. 2018](https://arxiv.org/abs/1710.09412)).
    #[serde(default)]
    pub mixup: f64,
    /// The same of cutmix ([Yun et al. 2019](https://arxiv.org/abs/1905.04899)). With both, each batch
    /// gets one of them, equally often.
    #[serde(default)]
    pub cutmix: f64,
    /// Exponent of `1 - probability`, with which the cost of a class is multiplied: at 0 nothing
    /// changes, from 1 on images that are right already count for less
    /// ([Lin et al. 2017](https://arxiv.org/abs/1708.02002)).
    #[serde(default)]
    pub focal_gamma: f64,
    /// What an error costs in each class.
    #[serde(default)]
    pub class_weights: ClassWeights,
    /// With `binary-cross-entropy`: for each class the factor of what it costs to miss it where it is true,
    /// as PyTorch's `pos_weight`. Empty: 1 for all.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub positive_weights: Vec<f64>,
    /// Learning from what another network says.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub distillation: Option<Distillation>,
}

/// The function that is minimised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Softmax and cross-entropy: one class is right.
    #[default]
    CrossEntropy,
    /// Each class on its own, averaged over the classes
    /// ([Wightman et al. 2021](https://arxiv.org/abs/2110.00476)).
    BinaryCrossEntropy,
}

impl Loss {
    pub(super) fn check(&self, classes: usize) -> Result<(), RecipeError> {
        let smoothing = self.label_smoothing;
        ensure("loss.label_smoothing", smoothing, in_unit(smoothing), FRACTION)?;
        let parameter = |key, value: f64| {
            ensure(key, value, (0.0..=1.0).contains(&value), "must be from 0 (off) to 1")
        };
        parameter("loss.mixup", self.mixup)?;
        parameter("loss.cutmix", self.cutmix)?;
        let gamma = self.focal_gamma;
        let sound = gamma == 0.0 || (gamma >= 1.0 && gamma.is_finite());
        ensure("loss.focal_gamma", gamma, sound, "must be 0 (off) or a finite number from 1 on")?;
        self.class_weights.check(classes)?;
        self.check_positive_weights(classes)?;
        self.distillation.as_ref().map_or(Ok(()), Distillation::check)
    }

    fn check_positive_weights(&self, classes: usize) -> Result<(), RecipeError> {
        let weights = &self.positive_weights;
        if weights.is_empty() {
            return Ok(());
        }
        let key = "loss.positive_weights";
        let binary = self.kind == LossKind::BinaryCrossEntropy;
        ensure(key, weights, binary, "need loss.kind = \"binary-cross-entropy\"")?;
        let one_each = "must have one weight for each of model.num_classes";
        ensure(key, weights, weights.len() == classes, one_each)?;
        ensure(key, weights, weights.iter().all(|&weight| positive(weight)), POSITIVE)
    }
}
