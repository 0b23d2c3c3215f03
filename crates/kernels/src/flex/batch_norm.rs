//! Batch normalisation in training, with residual and ReLU, and its gradients.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;

use super::values::{dims, recycle, slice, take, tensor};
use crate::cpu::batch_norm::{self, Size};
use crate::normalisation::{Affine, InputGradients, NormGradients, Saved};

fn size(x: &FlexTensor) -> Size {
    let [batch, channels, height, width] = dims(x);
    Size { batch, channels, plane: height * width }
}

/// Output, mean and biased variance.
pub(super) fn forward(
    x: &FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    residual: Option<&FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (size, shape) = (size(x), dims::<4>(x));
    let (x, gamma, beta) = (x.to_contiguous(), gamma.to_contiguous(), beta.to_contiguous());
    let residual = residual.map(FlexTensor::to_contiguous);
    let affine = batch_norm::Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let done = batch_norm::forward(size, slice(&x), affine, residual.as_ref().map(slice), relu);
    let of_channels = |values| tensor(values, [size.channels]);
    (tensor(done.output, shape), of_channels(done.mean), of_channels(done.variance))
}

/// Mean and biased variance.
pub(super) fn moments(x: &FlexTensor) -> (FlexTensor, FlexTensor) {
    let size = size(x);
    let (mean, variance) = batch_norm::moments(size, slice(&x.to_contiguous()));
    (tensor(mean, [size.channels]), tensor(variance, [size.channels]))
}

/// The output for given statistics.
pub(super) fn normalise(
    x: &FlexTensor,
    affine: &Affine<Flex>,
    residual: Option<&FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> FlexTensor {
    let (size, shape) = (size(x), dims::<4>(x));
    let (x, residual) = (x.to_contiguous(), residual.map(FlexTensor::to_contiguous));
    let Affine { gamma, beta, mean, variance } = affine;
    let [gamma, beta, mean, variance] =
        [gamma, beta, mean, variance].map(FlexTensor::to_contiguous);
    let affine = batch_norm::Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let images = (slice(&x), residual.as_ref().map(slice));
    let statistics = (slice(&mean), slice(&variance));
    tensor(batch_norm::normalise(size, images, affine, statistics, relu), shape)
}

/// The gradients of everything that came in, from the output's gradient, which ReLU masks where there
/// is a `y`.
pub(super) fn backward(
    dy: FlexTensor,
    saved: Saved<Flex>,
    epsilon: f64,
    with_residual: bool,
) -> NormGradients<Flex> {
    let (size, shape) = (size(&saved.x), dims::<4>(&saved.x));
    let (x, gamma) = (contiguous(saved.x), contiguous(saved.gamma));
    let y = saved.y.into_option();
    let residual = with_residual.then(|| match &y {
        Some(y) => masked(&dy.to_contiguous(), y),
        None => dy.clone(),
    });
    let read = read(&x, &gamma, (&saved.mean, &saved.variance), epsilon);
    let mut dx = take(dy);
    let affine = batch_norm::backward(size, read, y.as_ref().map(slice), &mut dx);
    recycle(x);
    y.into_iter().for_each(recycle);
    let of_channels = |values| tensor(values, [size.channels]);
    NormGradients {
        x: tensor(dx, shape),
        gamma: of_channels(affine.gamma),
        beta: of_channels(affine.beta),
        residual: residual.into(),
    }
}

/// What the backward pass reads again, which has no gaps.
fn read<'a>(
    x: &'a FlexTensor,
    gamma: &'a FlexTensor,
    (mean, variance): (&'a FlexTensor, &'a FlexTensor),
    epsilon: f64,
) -> batch_norm::Saved<'a> {
    let (mean, variance) = (slice(mean), slice(variance));
    batch_norm::Saved { x: slice(x), mean, variance, gamma: slice(gamma), epsilon }
}

/// The gradients of scale and shift.
pub(super) fn affine_gradients(
    dy: &FlexTensor,
    saved: &Saved<Flex>,
    epsilon: f64,
) -> (FlexTensor, FlexTensor) {
    let size = size(&saved.x);
    let (dy, x, gamma) = (dy.to_contiguous(), saved.x.to_contiguous(), saved.gamma.to_contiguous());
    let y = saved.y.clone().into_option();
    let read = read(&x, &gamma, (&saved.mean, &saved.variance), epsilon);
    let sums = batch_norm::affine_gradients(size, read, y.as_ref().map(slice), slice(&dy));
    (tensor(sums.gamma, [size.channels]), tensor(sums.beta, [size.channels]))
}

/// The gradients of input and residual from those of scale and shift, which are of `count` numbers of
/// each channel.
pub(super) fn input_gradients(
    dy: FlexTensor,
    saved: Saved<Flex>,
    [d_gamma, d_beta]: [&FlexTensor; 2],
    count: f64,
    epsilon: f64,
    with_residual: bool,
) -> InputGradients<Flex> {
    let (size, shape) = (size(&saved.x), dims::<4>(&saved.x));
    let (x, gamma) = (contiguous(saved.x), contiguous(saved.gamma));
    let y = saved.y.into_option();
    let residual = with_residual.then(|| match &y {
        Some(y) => masked(&dy.to_contiguous(), y),
        None => dy.clone(),
    });
    let read = read(&x, &gamma, (&saved.mean, &saved.variance), epsilon);
    let of_affine = (slice(d_gamma), slice(d_beta), count);
    let mut dx = take(dy);
    batch_norm::input_gradients(size, read, y.as_ref().map(slice), of_affine, &mut dx);
    recycle(x);
    y.into_iter().for_each(recycle);
    InputGradients { x: tensor(dx, shape), residual: residual.into() }
}

/// Without a second handle where nothing is to do, so that the memory can be recycled.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

fn masked(dy: &FlexTensor, y: &FlexTensor) -> FlexTensor {
    tensor(batch_norm::masked(size(y), slice(dy), slice(y)), dims::<4>(y))
}
