//! Steps of optimizers as operations of Burn's backends.

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, backend_extension};

use crate::normalisation::Maybe;
use crate::rules::{OfMeans, OfVelocity};

/// Steps of optimizers, which have no gradient; all tensors are flat and f32.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub(crate) trait Steps: Backend {
    /// Weight and velocity after a step.
    #[fusion(meta = |weight, _gradient, _velocity, _rule| (weight.clone(), weight.clone()))]
    fn with_velocity(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] velocity: Maybe<Self>,
        rule: OfVelocity,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// Weight, mean gradient and mean square after a step. The corrections `[2]` are instead of those of the rule's
    /// step.
    #[fusion(meta = |weight, _gradient, _mean, _square, _corrections, _rule| {
        (weight.clone(), weight.clone(), weight.clone())
    })]
    fn with_means(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        #[extension_type] mean: Maybe<Self>,
        #[extension_type] square: Maybe<Self>,
        #[extension_type] corrections: Maybe<Self>,
        rule: OfMeans,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);
}
