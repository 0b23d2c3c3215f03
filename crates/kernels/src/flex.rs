//! The kernels as operations of Burn's backend Flex, with and without gradients.

mod batch_norm;
mod convolution;
mod max_pool;
mod values;

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, ExtensionType, Flex, backend_extension};
use burn::tensor::ops::ConvOptions;

use crate::PoolWindow;

/// What normalisation adds before ReLU.
#[derive(Debug, ExtensionType)]
pub(crate) enum Residual<B: Backend> {
    /// A tensor of the input's shape.
    Of(FloatTensor<B>),
    /// Nothing.
    Nothing,
}

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
    pub(crate) residual: Residual<B>,
    /// Whether ReLU ends it.
    pub(crate) relu: bool,
}

/// The operations that this crate adds to a backend; all are f32.
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

    /// Batch normalisation with the batch's statistics, the residual and ReLU; with the mean and the
    /// biased variance, which carry no gradient.
    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        #[extension_type] residual: Residual<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>);

    /// Max-pooling.
    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self>;
}

impl Kernels for Flex {
    fn convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        convolution::forward(&x, &weight, &options)
    }

    fn finished_convolution(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        epilogue: Epilogue<Self>,
        options: ConvOptions<2>,
    ) -> FloatTensor<Self> {
        convolution::finished(x, &weight, epilogue, &options)
    }

    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Residual<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        let residual = match residual {
            Residual::Of(residual) => Some(residual),
            Residual::Nothing => None,
        };
        batch_norm::forward(&x, &gamma, &beta, residual.as_ref(), epsilon, relu)
    }

    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self> {
        max_pool::forward(&x, window).0
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
        let residual = match epilogue.residual {
            Residual::Of(residual) => Residual::Of(residual.into_primitive()),
            Residual::Nothing => Residual::Nothing,
        };
        let epilogue = Epilogue {
            scale: epilogue.scale.into_primitive(),
            shift: epilogue.shift.into_primitive(),
            residual,
            relu: epilogue.relu,
        };
        let (x, weight) = (x.into_primitive(), weight.into_primitive());
        values::constant::<C>(convolution::finished(x, &weight, epilogue, &options))
    }

    fn normalisation(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: Residual<Self>,
        epsilon: f64,
        relu: bool,
    ) -> (FloatTensor<Self>, FloatTensor<Self>, FloatTensor<Self>) {
        match residual {
            Residual::Nothing => batch_norm::tracked::<C>([x, gamma, beta], epsilon, relu),
            Residual::Of(residual) => {
                batch_norm::tracked_with_residual::<C>([x, gamma, beta, residual], epsilon, relu)
            }
        }
    }

    fn max_pooling(x: FloatTensor<Self>, window: PoolWindow) -> FloatTensor<Self> {
        max_pool::tracked::<C>(x, window)
    }
}
