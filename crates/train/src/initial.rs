//! Weights that a run begins with instead of random ones.

use resnet_models::weights::{Fit, Head, Weights};

/// Weights that a run begins with instead of random ones; one that goes on from a checkpoint does not
/// look at them.
#[derive(Debug, Clone)]
pub struct InitialWeights {
    /// The weights.
    pub weights: Weights,
    /// How they become those of the recipe's network.
    pub fit: Fit,
}

impl InitialWeights {
    /// For another task: a fresh classifier unless the number of classes is the same, and the first
    /// convolution adapted to the channels of the images; everything else has to fit.
    #[must_use]
    pub fn for_another_task(weights: Weights) -> Self {
        let fit = Fit { head: Head::FreshUnlessItFits, adapt_input: true, ..Fit::default() };
        Self { weights, fit }
    }
}
