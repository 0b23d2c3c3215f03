//! Batch normalisation, and what follows it in a ResNet.

use std::sync::Arc;

#[cfg(any(feature = "flex", feature = "cube"))]
use burn::tensor::DType;
use burn::tensor::{FloatDType, Tensor, module};

use super::finish;
use crate::SumOverRanks;
#[cfg(any(feature = "flex", feature = "cube"))]
use crate::switch::{has_kernels, on_cpu, on_gpu};

/// Output of [`batch_norm_train`] or [`batch_norm_among`] and the statistics of the batch, which carry no
/// gradient.
#[derive(Debug, Clone)]
pub struct Normalised {
    /// `[b, c, h, w]`.
    pub output: Tensor<4>,
    /// Mean of each channel, `[c]`.
    pub mean: Tensor<1>,
    /// Biased variance of each channel, `[c]`.
    pub variance: Tensor<1>,
    /// Numbers of each channel that these are of.
    pub count: f64,
}

/// Batch normalisation of `x` `[b, c, h, w]` with the batch's own statistics
/// ([Ioffe and Szegedy 2015](https://arxiv.org/abs/1502.03167)), then the addition of `residual` and
/// ReLU, each if asked for. `affine` is scale and shift, `[c]` each, f32 like the statistics; the output
/// has the type of `x` and `residual`.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn batch_norm_train(
    x: Tensor<4>,
    (gamma, beta): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    with_relu: bool,
    epsilon: f64,
) -> Normalised {
    let count = numbers_of_a_channel(&x);
    #[cfg(any(feature = "flex", feature = "cube"))]
    if gamma.dtype() == DType::F32 && (on_cpu(&x) || on_gpu(&x)) {
        use crate::normalisation::Normalisation;
        assert_shapes(&x, (&gamma, &beta), residual.as_ref());
        let residual = residual.map(Tensor::into_dispatch).into();
        let (gamma, beta) = (gamma.into_dispatch(), beta.into_dispatch());
        let (output, mean, variance) = burn::backend::Dispatch::normalisation(
            x.into_dispatch(),
            gamma,
            beta,
            residual,
            epsilon,
            with_relu,
        );
        return Normalised {
            output: Tensor::from_dispatch(output),
            mean: Tensor::from_dispatch(mean),
            variance: Tensor::from_dispatch(variance),
            count,
        };
    }
    let of_input = FloatDType::from(x.dtype());
    let done = module::batch_norm_train(x.cast(FloatDType::F32), gamma, beta, epsilon);
    let output = finish(done.output.cast(of_input), residual, with_relu);
    Normalised { output, mean: done.mean, variance: done.variance, count }
}

/// As [`batch_norm_train`], with the statistics of the batches of all `ranks` together, whose sums are
/// exchanged in the forward pass and in the backward pass; both wait for the device. The gradients of
/// scale and shift are those of this rank: added up over all ranks they are those of the whole batch.
///
/// It has no other implementation than this crate's kernels: [`use_kernels`](crate::use_kernels) does
/// not concern it.
///
/// # Panics
/// If the shapes do not belong together, or on a device for which no kernels are compiled in.
#[must_use]
pub fn batch_norm_among(
    ranks: &Arc<dyn SumOverRanks>,
    x: Tensor<4>,
    (gamma, beta): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    with_relu: bool,
    epsilon: f64,
) -> Normalised {
    #[cfg(any(feature = "flex", feature = "cube"))]
    if has_kernels(&x) {
        return among(ranks, x, (gamma, beta), residual, (with_relu, epsilon));
    }
    let _ = (ranks, gamma, beta, residual, with_relu, epsilon);
    panic!("{:?} has no kernel for batch normalisation among ranks", x.device());
}

#[cfg(any(feature = "flex", feature = "cube"))]
fn among(
    ranks: &Arc<dyn SumOverRanks>,
    x: Tensor<4>,
    (gamma, beta): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    (with_relu, epsilon): (bool, f64),
) -> Normalised {
    use crate::normalisation::{Affine, Normalisation};
    use crate::ranks::{Shared, merge};
    use burn::backend::Dispatch;

    assert_shapes(&x, (&gamma, &beta), residual.as_ref());
    let of_input = FloatDType::from(x.dtype());
    let is_low = !on_gpu(&x) && x.dtype() != DType::F32;
    let wide = |x: Tensor<4>| if is_low { x.cast(FloatDType::F32) } else { x };
    let (x, residual) = (wide(x), residual.map(wide));
    let (mean, variance) = Dispatch::moments(x.clone().into_dispatch());
    let on_host = |values: Tensor<1>| values.into_data().iter::<f64>().collect::<Vec<_>>();
    let [mean, variance] = [mean, variance].map(|values| on_host(Tensor::from_dispatch(values)));
    let (mean, variance, count) = merge(&**ranks, numbers_of_a_channel(&x), (&mean, &variance));
    let on_device = |values: Vec<f32>| Tensor::<1>::from_data(&*values, &x.device());
    let (mean, variance) = (on_device(mean), on_device(variance));
    let affine = Affine {
        gamma: gamma.into_dispatch(),
        beta: beta.into_dispatch(),
        mean: mean.clone().into_dispatch(),
        variance: variance.clone().into_dispatch(),
    };
    let residual = residual.map(Tensor::into_dispatch).into();
    let shared = Shared { ranks: Arc::clone(ranks), count };
    let x = x.into_dispatch();
    let output = Dispatch::shared_normalisation(x, affine, residual, shared, epsilon, with_relu);
    let output = Tensor::<4>::from_dispatch(output);
    let output = if is_low { output.cast(of_input) } else { output };
    Normalised { output, mean, variance, count }
}

fn numbers_of_a_channel(x: &Tensor<4>) -> f64 {
    let [batch, _, height, width] = x.dims();
    (batch * height * width) as f64
}

#[cfg(any(feature = "flex", feature = "cube"))]
fn assert_shapes(
    x: &Tensor<4>,
    (gamma, beta): (&Tensor<1>, &Tensor<1>),
    residual: Option<&Tensor<4>>,
) {
    assert_eq!(gamma.dims(), [x.dims()[1]], "one scale for each channel");
    assert_eq!(beta.dims(), [x.dims()[1]], "one shift for each channel");
    if let Some(residual) = residual {
        assert_eq!(residual.dims(), x.dims(), "a residual of the input's shape");
    }
}

/// `relu(scale * x + shift + residual)` with `[c]` numbers of scale and shift, for inference: a batch
/// normalisation with running statistics. `residual` and ReLU may be left out. No gradient flows through it.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn affine(
    x: Tensor<4>,
    (scale, shift): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    with_relu: bool,
) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::{Epilogue, Kernels};
        assert_shapes(&x, (&scale, &shift), residual.as_ref());
        let residual = residual.map(Tensor::into_dispatch).into();
        let (scale, shift) = (scale.into_dispatch(), shift.into_dispatch());
        let epilogue = Epilogue { scale, shift, residual, relu: with_relu };
        let y = burn::backend::Dispatch::affine(x.into_dispatch(), epilogue);
        return Tensor::from_dispatch(y);
    }
    finish(x * per_channel(scale) + per_channel(shift), residual, with_relu)
}

/// `[c]` as `[1, c, 1, 1]`.
fn per_channel(values: Tensor<1>) -> Tensor<4> {
    let channels = values.dims()[0];
    values.reshape([1, channels, 1, 1])
}
