//! Batch normalisation in training as one operation of Burn's backends, and its backward pass; and the
//! parts of both, between which ranks exchange sums.

mod autodiff;

use burn::backend::tensor::FloatTensor;
use burn::backend::{Backend, ExtensionType, backend_extension};

use crate::ranks::Shared;

/// A tensor that may be left out.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) enum Maybe<B: Backend> {
    /// It is there.
    Some(FloatTensor<B>),
    /// It is not.
    None,
}

impl<B: Backend> From<Option<FloatTensor<B>>> for Maybe<B> {
    fn from(tensor: Option<FloatTensor<B>>) -> Self {
        tensor.map_or(Self::None, Self::Some)
    }
}

impl<B: Backend> Maybe<B> {
    pub(crate) fn into_option(self) -> Option<FloatTensor<B>> {
        match self {
            Self::Some(tensor) => Some(tensor),
            Self::None => None,
        }
    }
}

/// What normalises, `[c]` each.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct Affine<B: Backend> {
    /// Scale.
    pub(crate) gamma: FloatTensor<B>,
    /// Shift.
    pub(crate) beta: FloatTensor<B>,
    /// Mean, of all ranks.
    pub(crate) mean: FloatTensor<B>,
    /// Biased variance, of all ranks.
    pub(crate) variance: FloatTensor<B>,
}

/// Batch normalisation of `x` `[b, c, h, w]` with the batch's statistics, the residual and ReLU.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    Cube: cfg(feature = "cube"),
    Autodiff,
    Fusion: cfg(feature = "cube")
)]
pub(crate) trait Normalisation: Backend {
    /// Output, mean and biased variance; the statistics carry no gradient.
    #[fusion(meta = |x, gamma, beta, _residual, _epsilon, _relu| {
        (x.clone(), gamma.clone(), beta.clone())
    })]
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] residual: Maybe<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Mean and biased variance of each channel, f32, without a gradient.
    #[fusion(meta = |x| (of_channels(x), of_channels(x)))]
    fn moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The output for the statistics of all ranks; what the backward pass sums is summed over them too.
    #[fusion(meta = |x, _affine, _residual, _shared, _epsilon, _relu| x.clone())]
    fn shared_normalisation(
        x: FloatTensor<Self>,
        #[extension_type] affine: Affine<Self>,
        #[extension_type] residual: Maybe<Self>,
        shared: Shared,
        epsilon: f64,
        relu: bool,
    ) -> FloatTensor<Self>;
}

#[cfg(feature = "cube")]
fn of_channels(
    x: &burn::backend::fusion::custom::TensorSpec,
) -> burn::backend::fusion::custom::TensorSpec {
    let shape = burn::tensor::Shape::new([x.shape[1]]);
    burn::backend::fusion::custom::TensorSpec::new(shape, burn::tensor::DType::F32)
}

/// What the backward pass reads again.
#[derive(Debug, Clone, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct Saved<B: Backend> {
    /// The input.
    pub(crate) x: FloatTensor<B>,
    /// Scale of each channel.
    pub(crate) gamma: FloatTensor<B>,
    /// Mean of each channel.
    pub(crate) mean: FloatTensor<B>,
    /// Biased variance of each channel.
    pub(crate) variance: FloatTensor<B>,
    /// The output, if ReLU made it.
    #[extension_type]
    pub(crate) y: Maybe<B>,
}

/// Gradients of everything that normalisation takes in.
#[derive(Debug, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct NormGradients<B: Backend> {
    /// Of the input.
    pub(crate) x: FloatTensor<B>,
    /// Of the scale.
    pub(crate) gamma: FloatTensor<B>,
    /// Of the shift.
    pub(crate) beta: FloatTensor<B>,
    /// Of the residual, if it is asked for.
    #[extension_type]
    pub(crate) residual: Maybe<B>,
}

/// The gradients of [`Normalisation`]; they have none of their own.
#[backend_extension(
    Flex: cfg(feature = "flex"),
    Cube: cfg(feature = "cube"),
    Fusion: cfg(feature = "cube")
)]
pub(crate) trait NormalisationBackward: Normalisation {
    /// From the output's gradient `dy`.
    #[fusion(meta = |dy, saved, _epsilon, with_residual| NormGradientsMetadata {
        x: dy.clone(),
        gamma: saved.gamma.clone(),
        beta: saved.gamma.clone(),
        residual: if *with_residual { MaybeMetadata::Some(dy.clone()) } else { MaybeMetadata::None },
    })]
    fn normalisation_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        epsilon: f64,
        with_residual: bool,
    ) -> NormGradients<Self>;

    /// The gradients of scale and shift alone.
    #[fusion(meta = |_dy, saved, _epsilon| (saved.gamma.clone(), saved.gamma.clone()))]
    fn affine_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);

    /// The gradients of input and residual from those of scale and shift, `gamma` and `beta`, which are
    /// of `count` numbers of each channel.
    #[fusion(meta = |dy, saved, _gamma, _beta, _count, _epsilon, with_residual| InputGradientsMetadata {
        x: saved.x.clone(),
        residual: if *with_residual { MaybeMetadata::Some(dy.clone()) } else { MaybeMetadata::None },
    })]
    fn input_gradients(
        dy: FloatTensor<Self>,
        #[extension_type] saved: Saved<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        count: f64,
        epsilon: f64,
        with_residual: bool,
    ) -> InputGradients<Self>;
}

/// Gradients of what has an image's shape.
#[derive(Debug, ExtensionType)]
#[extension_type(fusion: cfg(feature = "cube"))]
pub(crate) struct InputGradients<B: Backend> {
    /// Of the input.
    pub(crate) x: FloatTensor<B>,
    /// Of the residual, if it is asked for.
    #[extension_type]
    pub(crate) residual: Maybe<B>,
}
