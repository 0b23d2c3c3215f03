//! The operations on Burn's tensors.

use std::sync::Arc;

#[cfg(any(feature = "flex", feature = "cube"))]
use burn::tensor::DType;
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::module;
use burn::tensor::ops::{ConvOptions, MaxPoolOptions};
use burn::tensor::{FloatDType, Int, Tensor};

use crate::PoolWindow;
use crate::SumOverRanks;
#[cfg(feature = "cube")]
use crate::geometry::Geometry;
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

/// The convolution of `x` `[b, c, h, w]` with `weight` `[c', c / groups, kh, kw]`, without bias.
///
/// # Panics
/// If the shapes do not belong together, as Burn's `conv2d` does.
#[must_use]
pub fn conv2d(x: Tensor<4>, weight: Tensor<4>, options: ConvOptions<2>) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::Kernels;
        assert_channels(&x, &weight, options.groups);
        let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::convolution(x, weight, options));
    }
    #[cfg(feature = "cube")]
    if let Some(geometry) = geometry(&x, &weight, &options) {
        use crate::convolution::Convolution;
        let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::convolution(x, weight, geometry));
    }
    module::conv2d(x, weight, None, options)
}

/// The shapes of a convolution that a GPU's kernels compute, if they do.
#[cfg(feature = "cube")]
fn geometry(x: &Tensor<4>, weight: &Tensor<4>, options: &ConvOptions<2>) -> Option<Geometry> {
    let (before, after) = (options.padding_begin(), options.padding_end());
    let is_plain = options.groups == 1 && options.dilation == [1, 1] && before == after;
    let fits = weight.dims()[1] == x.dims()[1] && on_gpu(x) && weight.dtype() == x.dtype();
    let stride = options.stride;
    let geometry = Geometry { input: x.dims(), weight: weight.dims(), stride, padding: before };
    (is_plain && fits).then_some(geometry)
}

/// A convolution for inference and what follows it in a ResNet: `relu(scale * conv(x) + shift +
/// residual)`, where `scale` and `shift`, `[c']` each, are a batch normalisation with running
/// statistics. `residual` and ReLU may be left out. No gradient flows through it.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn conv2d_affine(
    (x, weight, options): (Tensor<4>, Tensor<4>, ConvOptions<2>),
    (scale, shift): (Tensor<1>, Tensor<1>),
    residual: Option<Tensor<4>>,
    with_relu: bool,
) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::{Epilogue, Kernels};
        assert_channels(&x, &weight, options.groups);
        let residual = residual.map(Tensor::into_dispatch).into();
        let (scale, shift) = (scale.into_dispatch(), shift.into_dispatch());
        let epilogue = Epilogue { scale, shift, residual, relu: with_relu };
        let (x, weight) = (x.into_dispatch(), weight.into_dispatch());
        let y = burn::backend::Dispatch::finished_convolution(x, weight, epilogue, options);
        return Tensor::from_dispatch(y);
    }
    affine(module::conv2d(x, weight, None, options), (scale, shift), residual, with_relu)
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

/// The product of `x` `[b, c]` with the transpose of `weight` `[c', c]`: a fully connected layer without
/// its bias.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn linear(x: Tensor<2>, weight: Tensor<2>) -> Tensor<2> {
    #[cfg(feature = "cube")]
    if weight.dims()[1] == x.dims()[1] && weight.dtype() == x.dtype() && on_gpu(&x) {
        use crate::product::Product;
        let (x, weight) = (x.into_dispatch(), weight.transpose().into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::product(x, weight));
    }
    x.matmul(weight.transpose())
}

/// The maximum of every window of `x` `[b, c, h, w]`; what is not a number wins, as in PyTorch.
#[must_use]
pub fn max_pool2d(x: Tensor<4>, window: PoolWindow) -> Tensor<4> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) && window.kernel[0] * window.kernel[1] < 256 {
        use crate::flex::Kernels;
        return Tensor::from_dispatch(burn::backend::Dispatch::max_pooling(
            x.into_dispatch(),
            window,
        ));
    }
    let options =
        MaxPoolOptions::new(window.kernel).with_stride(window.stride).with_padding(window.padding);
    module::max_pool2d(x, options)
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

/// Images `x` `[b, c, h, w]` times `scale` `[b, c]`, as an attention to channels does it.
///
/// # Panics
/// If the shapes do not belong together.
#[must_use]
pub fn scale_channels(x: Tensor<4>, scale: Tensor<2>) -> Tensor<4> {
    let [batch, channels, ..] = x.dims();
    assert_eq!(scale.dims(), [batch, channels], "one factor for each channel of each image");
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::Kernels;
        let (x, scale) = (x.into_dispatch(), scale.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::scaled(x, scale));
    }
    x * scale.reshape([batch, channels, 1, 1])
}

/// The sum of two batches of images `[b, c, h, w]`, then ReLU if asked for.
///
/// # Panics
/// If the shapes differ.
#[must_use]
pub fn add_images(a: Tensor<4>, b: Tensor<4>, with_relu: bool) -> Tensor<4> {
    assert_eq!(a.dims(), b.dims(), "images of one shape");
    #[cfg(feature = "flex")]
    if on_cpu(&a) {
        use crate::flex::Kernels;
        let (a, b) = (a.into_dispatch(), b.into_dispatch());
        return Tensor::from_dispatch(burn::backend::Dispatch::sum_of_images(a, b, with_relu));
    }
    finish(a, Some(b), with_relu)
}

/// The mean of every channel of `x` `[b, c, h, w]`, `[b, c]`.
#[must_use]
pub fn average_pool(x: Tensor<4>) -> Tensor<2> {
    #[cfg(feature = "flex")]
    if on_cpu(&x) {
        use crate::flex::Kernels;
        let means = burn::backend::Dispatch::average_pooling(x.into_dispatch());
        return Tensor::from_dispatch(means);
    }
    let [batch, channels, height, width] = x.dims();
    x.reshape([batch, channels, height * width]).mean_dim(2).reshape([batch, channels])
}

/// Cross-entropy of each row of `logits` `[b, classes]` in nats, `[b]`. With `smoothing` s the target is
/// `1 - s` on the label and `s / classes` on every class
/// ([Szegedy et al. 2016](https://arxiv.org/abs/1512.00567), section 7), as in PyTorch's
/// `F.cross_entropy(label_smoothing=s)`.
///
/// # Panics
/// If there is not one label for each row, or no class of a label's number.
#[must_use]
pub fn cross_entropy(logits: Tensor<2>, labels: Tensor<1, Int>, smoothing: f64) -> Tensor<1> {
    let [batch, _] = logits.dims();
    assert_eq!(labels.dims(), [batch], "one label for each row");
    #[cfg(feature = "flex")]
    if on_cpu(&logits) {
        use crate::flex::Kernels;
        // Whole numbers up to 16 million are exact.
        let (logits, labels) = (logits.into_dispatch(), labels.float().into_dispatch());
        let losses = burn::backend::Dispatch::softmax_cross_entropy(logits, labels, smoothing);
        return Tensor::from_dispatch(losses);
    }
    let log_probabilities = log_softmax(logits, 1);
    let on_label = log_probabilities.clone().gather(1, labels.reshape([batch, 1]));
    let loss = on_label.mul_scalar(-(1.0 - smoothing));
    let loss = if smoothing > 0.0 {
        loss - log_probabilities.mean_dim(1).mul_scalar(smoothing)
    } else {
        loss
    };
    loss.reshape([batch])
}

fn finish(y: Tensor<4>, residual: Option<Tensor<4>>, with_relu: bool) -> Tensor<4> {
    let y = match residual {
        Some(residual) => y + residual,
        None => y,
    };
    if with_relu { relu(y) } else { y }
}

#[cfg(feature = "flex")]
fn assert_channels(x: &Tensor<4>, weight: &Tensor<4>, groups: usize) {
    let ([_, input, ..], [output, depth, ..]) = (x.dims(), weight.dims());
    assert_eq!(input, depth * groups, "input channels: those of the weight times the groups");
    assert!(output.is_multiple_of(groups), "{output} output channels in {groups} groups");
}
