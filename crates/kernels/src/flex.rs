//! The kernels as operations of Burn's backend Flex, with and without gradients.

mod average_pool;
mod batch_norm;
mod convolution;
mod cross_entropy;
mod images;
mod max_pool;
mod optimizer;
mod packed;
mod values;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, Flex, backend_extension};
use burn::tensor::ops::ConvOptions;

use crate::PoolWindow;
use crate::normalisation::{
    Affine, InputGradients, Maybe, NormGradients, Normalisation, NormalisationBackward, Saved,
};
use crate::ranks::Shared;
use crate::rules::{OfMeans, OfVelocity};
use crate::steps::Steps;

/// What follows a convolution's sums, in this order: scale and shift of each channel, the residual,
/// ReLU.
#[derive(Debug, ExtensionType)]
pub(crate) struct Epilogue<B: Backend> {
    /// `[channels]`.
    pub(crate) scale: FloatTensor<B>,
    /// `[channels]`.
    pub(crate) shift: FloatTensor<B>,
    /// Of the output's shape.
    #[extension_type]
    pub(crate) residual: Maybe<B>,
    /// Whether ReLU ends it.
    pub(crate) relu: bool,
}

impl<C: CheckpointStrategy> Epilogue<Autodiff<Flex, C>> {
    fn without_gradient(self) -> Epilogue<Flex> {
        let Self { scale, shift, residual, relu } = self;
        let (scale, shift) = (scale.into_primitive(), shift.into_primitive());
        let inner = FloatTensor::<Autodiff<Flex, C>>::into_primitive;
        Epilogue { scale, shift, residual: residual.into_option().map(inner).into(), relu }
    }
}

/// The operations that this crate adds to Flex, beside normalisation; all are f32.
#[backend_extension(Flex, Autodiff)]
pub(crate) trait Kernels: Backend {
    /// Convolution without bias.
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self>;

    /// Convolution and what follows it, for inference: it has no gradient.
    fn finished_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        #[extension_type] epilogue: Epilogue<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self>;

    /// Max-pooling.
    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self>;

    /// Scale and shift of each channel and what follows them, for inference: it has no gradient.
    fn affine(
        x: FloatTensor<Self>,
        #[extension_type] epilogue: Epilogue<Self>,
    ) -> FloatTensor<Self>;

    /// Images `[b, c, h, w]` times `[b, c]`.
    fn scaled(x: FloatTensor<Self>, scale: FloatTensor<Self>) -> FloatTensor<Self>;

    /// The sum of images, or its positive part.
    fn sum_of_images(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        with_relu: bool,
    ) -> FloatTensor<Self>;

    /// The mean of every channel, `[b, c]`.
    fn average_pooling(x: FloatTensor<Self>) -> FloatTensor<Self>;

    /// Softmax cross-entropy of `[b, classes]`, `[b]`; labels are whole numbers and have no gradient.
    fn softmax_cross_entropy(
        logits: FloatTensor<Self>,
        labels: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        convolution::forward(x, &weight, &options)
    }

    fn finished_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epilogue: Epilogue<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        convolution::finished(x, &weight, epilogue, &options)
    }

    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self> {
        max_pool::forward(x, window).0
    }

    fn affine(x: FloatTensor<Self>, epilogue: Epilogue<Self>) -> FloatTensor<Self> {
        batch_norm::affine(x, epilogue)
    }

    fn scaled(x: FloatTensor<Self>, scale: FloatTensor<Self>) -> FloatTensor<Self> {
        images::scaled(x, &scale)
    }

    fn sum_of_images(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        with_relu: bool,
    ) -> FloatTensor<Self> {
        images::sum(a, b, with_relu)
    }

    fn average_pooling(x: FloatTensor<Self>) -> FloatTensor<Self> {
        average_pool::forward(x)
    }

    fn softmax_cross_entropy(
        logits: FloatTensor<Self>,
        labels: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        cross_entropy::forward(&logits, &labels, smoothing).0
    }
}

impl<C: CheckpointStrategy> Kernels for Autodiff<Flex, C> {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        convolution::tracked::<C>(x, weight, &options)
    }

    fn finished_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epilogue: Epilogue<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        let (x, weight) = (x.into_primitive(), weight.into_primitive());
        let epilogue = epilogue.without_gradient();
        values::constant::<C>(convolution::finished(x, &weight, epilogue, &options))
    }

    fn affine(x: FloatTensor<Self>, epilogue: Epilogue<Self>) -> FloatTensor<Self> {
        let epilogue = epilogue.without_gradient();
        values::constant::<C>(batch_norm::affine(x.into_primitive(), epilogue))
    }

    fn scaled(x: FloatTensor<Self>, scale: FloatTensor<Self>) -> FloatTensor<Self> {
        images::tracked_scaled::<C>(x, scale)
    }

    fn sum_of_images(
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        with_relu: bool,
    ) -> FloatTensor<Self> {
        images::tracked_sum::<C>(a, b, with_relu)
    }

    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self> {
        max_pool::tracked::<C>(x, window)
    }

    fn average_pooling(x: FloatTensor<Self>) -> FloatTensor<Self> {
        average_pool::tracked::<C>(x)
    }

    fn softmax_cross_entropy(
        logits: FloatTensor<Self>,
        labels: FloatTensor<Self>,
        smoothing: f64,
    ) -> FloatTensor<Self> {
        cross_entropy::tracked::<C>(logits, &labels.into_primitive(), smoothing)
    }
}

impl Steps for Flex {
    fn with_velocity(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        velocity: Maybe<Self>,
        rule: OfVelocity,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        optimizer::with_velocity(weight, gradient, velocity.into_option(), rule)
    }

    fn with_means(
        weight: FloatTensor<Self>,
        gradient: FloatTensor<Self>,
        mean: Maybe<Self>,
        square: Maybe<Self>,
        corrections: Maybe<Self>,
        rule: OfMeans,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let means = [mean, square].map(Maybe::into_option);
        optimizer::with_means(weight, gradient, means, corrections.into_option(), rule)
    }
}

impl Normalisation for Flex {
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Maybe<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::forward(x, &gamma, &beta, residual.into_option(), epsilon, relu)
    }

    fn moments(x: FloatTensor<Self>) -> (FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::moments(x)
    }

    fn shared_normalisation(
        x: FloatTensor<Self>,
        affine: Affine<Self>,
        residual: Maybe<Self>,
        _shared: Shared,
        epsilon: f64,
        relu: bool,
    ) -> FloatTensor<Self> {
        batch_norm::normalise(x, &affine, residual.into_option(), epsilon, relu)
    }
}

impl NormalisationBackward for Flex {
    fn normalisation_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        epsilon: f64,
        with_residual: bool,
    ) -> NormGradients<Self> {
        batch_norm::backward(dy, saved, epsilon, with_residual)
    }

    fn affine_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        epsilon: f64,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        batch_norm::affine_gradients(dy, saved, epsilon)
    }

    fn input_gradients(
        dy: FloatTensor<Self>,
        saved: Saved<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        count: f64,
        epsilon: f64,
        with_residual: bool,
    ) -> InputGradients<Self> {
        batch_norm::input_gradients(dy, saved, [&gamma, &beta], count, epsilon, with_residual)
    }
}
