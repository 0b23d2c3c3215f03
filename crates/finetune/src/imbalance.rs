//! Classes of different size.

use resnet_recipe::{ClassWeights, effective_number};
use serde::{Deserialize, Serialize};

/// What is done about classes of different size.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Imbalance {
    /// [`EffectiveNumber`](Self::EffectiveNumber) if the largest class has more than 1.5 times the images of
    /// the smallest, else nothing; nothing where images have several labels, each of which is rare by nature.
    #[default]
    Auto,
    /// Nothing.
    Ignore,
    /// Errors cost in inverse proportion to the images of the class; where images have several labels, to miss
    /// one costs as many times more as there are images without it for one with it.
    InverseFrequency,
    /// The same for small classes, less for large ones
    /// ([Cui et al. 2019](https://arxiv.org/abs/1901.05555)).
    EffectiveNumber,
    /// Errors on what is right already cost less ([Lin et al. 2017](https://arxiv.org/abs/1708.02002)).
    Focal,
    /// An epoch has as many draws as there are images, and each class (of several labels each set that occurs)
    /// is drawn equally often: those of small classes are seen several times.
    BalancedSampler,
}

impl Imbalance {
    /// The weights of the classes and the focal exponent for this many images in each class.
    pub(crate) fn loss(self, images: &[u64]) -> (ClassWeights, f64) {
        let effective = ClassWeights::EffectiveNumber { beta: ClassWeights::USUAL_BETA };
        let largest = images.iter().copied().max().unwrap_or_default();
        let smallest = images.iter().copied().min().unwrap_or_default();
        match self {
            Self::Auto if 2 * largest > 3 * smallest => (effective, 0.0),
            Self::Auto | Self::Ignore | Self::BalancedSampler => (ClassWeights::Equal, 0.0),
            Self::InverseFrequency => (ClassWeights::InverseFrequency, 0.0),
            Self::EffectiveNumber => (effective, 0.0),
            Self::Focal => (ClassWeights::Equal, 2.0),
        }
    }

    /// The factor of what it costs to miss each label and the focal exponent, for this many images with and
    /// without each.
    pub(crate) fn loss_of_labels(self, images: &[[u64; 2]]) -> (Vec<f64>, f64) {
        let effective = |images| effective_number(images, ClassWeights::USUAL_BETA);
        let each = |weight: &dyn Fn(u64) -> f64| {
            images.iter().map(|&[with, without]| weight(without) / weight(with)).collect()
        };
        match self {
            Self::Auto | Self::Ignore | Self::BalancedSampler => (Vec::new(), 0.0),
            Self::InverseFrequency => (each(&|images| images as f64), 0.0),
            Self::EffectiveNumber => (each(&effective), 0.0),
            Self::Focal => (Vec::new(), 2.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Imbalance;
    use resnet_recipe::ClassWeights;

    #[test]
    fn to_miss_a_rare_label_costs_more() {
        let (weights, gamma) = Imbalance::InverseFrequency.loss_of_labels(&[[10, 90], [50, 25]]);
        assert_eq!((weights, gamma), (vec![9.0, 0.5], 0.0));
        let (weights, _) = Imbalance::EffectiveNumber.loss_of_labels(&[[10, 90]]);
        let wanted = (1.0 - 0.999_f64.powi(90)) / (1.0 - 0.999_f64.powi(10));
        assert!((weights[0] - wanted).abs() < 1e-9, "{weights:?} {wanted}");
        assert_eq!(Imbalance::Auto.loss_of_labels(&[[10, 90]]), (Vec::new(), 0.0));
    }

    #[test]
    fn classes_that_differ_by_half_are_weighed() {
        assert_eq!(Imbalance::Auto.loss(&[150, 100]), (ClassWeights::Equal, 0.0));
        assert!(Imbalance::Auto.loss(&[151, 100]).0.need_counts());
        assert_eq!(Imbalance::Focal.loss(&[151, 100]), (ClassWeights::Equal, 2.0));
    }
}
