//! What an error costs in each class.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::{FRACTION, ensure, in_unit, natural};

/// What an error costs in each class, as a factor.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum ClassWeights {
    /// The same in all.
    #[default]
    Equal,
    /// `images / (classes * images of the class)`, as scikit-learn's `balanced`: on average over the
    /// training images 1.
    InverseFrequency,
    /// In inverse proportion to the [`effective_number`] of its images, scaled so that the weights of all classes
    /// add up to their number.
    EffectiveNumber {
        /// From 0, which is `equal`, to almost 1, which is the inverse frequency.
        #[serde(default = "default_beta")]
        beta: f64,
    },
    /// These, in the order of the classes.
    List(Vec<f64>),
}

fn default_beta() -> f64 {
    ClassWeights::USUAL_BETA
}

/// How many images so many are worth, when the more there are, the less a further one adds:
/// `(1 - beta^images) / (1 - beta)`, which stays below `1 / (1 - beta)`
/// ([Cui et al. 2019](https://arxiv.org/abs/1901.05555), equation 2).
#[must_use]
pub fn effective_number(images: u64, beta: f64) -> f64 {
    (1.0 - beta.powf(images as f64)) / (1.0 - beta)
}

impl ClassWeights {
    /// What is usual for [`EffectiveNumber`](Self::EffectiveNumber).
    pub const USUAL_BETA: f64 = 0.999;

    /// Whether they depend on the images of each class.
    #[must_use]
    pub fn need_counts(&self) -> bool {
        matches!(self, Self::InverseFrequency | Self::EffectiveNumber { .. })
    }

    /// The weight of each class, from its number of training images; `None` if all are the same. A
    /// class without images has the weight 0.
    ///
    /// ```
    /// use resnet_recipe::ClassWeights;
    ///
    /// let weights = ClassWeights::InverseFrequency.of(&[300, 100]).expect("not equal");
    /// assert_eq!(weights, [2.0 / 3.0, 2.0]);
    /// ```
    #[must_use]
    pub fn of(&self, counts: &[u64]) -> Option<Vec<f64>> {
        let each = |weight: &dyn Fn(u64) -> f64| -> Vec<f64> {
            let weigh = |&count: &u64| if count == 0 { 0.0 } else { weight(count) };
            counts.iter().map(weigh).collect()
        };
        let (images, classes) = (counts.iter().sum::<u64>() as f64, counts.len() as f64);
        match self {
            Self::Equal => None,
            Self::List(weights) => Some(weights.clone()),
            Self::InverseFrequency => Some(each(&|count| images / (classes * count as f64))),
            Self::EffectiveNumber { beta } => {
                let weights = each(&|count| 1.0 / effective_number(count, *beta));
                let sum: f64 = weights.iter().sum();
                Some(weights.iter().map(|weight| weight * classes / sum).collect())
            }
        }
    }

    pub(super) fn check(&self, classes: usize) -> Result<(), RecipeError> {
        let key = "loss.class_weights";
        match self {
            Self::Equal | Self::InverseFrequency => Ok(()),
            Self::EffectiveNumber { beta } => {
                ensure("loss.class_weights.effective-number.beta", beta, in_unit(*beta), FRACTION)
            }
            Self::List(weights) => {
                let one_each = "must have one weight for each of model.num_classes";
                ensure(key, weights, weights.len() == classes, one_each)?;
                let sound = weights.iter().all(|&weight| natural(weight));
                let some = weights.iter().any(|&weight| weight > 0.0);
                ensure(key, weights, sound && some, "must be at least 0, and one of them above")
            }
        }
    }
}
