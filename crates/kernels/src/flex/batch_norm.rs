//! Batch normalisation in training, with residual and ReLU, and its gradients.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;

use super::Epilogue;
use super::values::{channels_last, dims, from_channels_last, recycle, slice, take, tensor};
use crate::cpu::batch_norm;
use crate::normalisation::{Affine, InputGradients, NormGradients, Saved};
use crate::profile::span;

fn describe([_, channels, height, width]: [usize; 4]) -> (String, f64) {
    (format!("{channels}, {height}x{width}"), 0.0)
}

/// Output, mean and biased variance.
pub(super) fn forward(
    x: FlexTensor,
    gamma: &FlexTensor,
    beta: &FlexTensor,
    residual: Option<FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let shape = dims::<4>(&x);
    let (x, gamma, beta) = (channels_last(x), gamma.to_contiguous(), beta.to_contiguous());
    let residual = residual.map(channels_last);
    let affine = batch_norm::Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let done = span(
        "batch normalisation",
        || describe(shape),
        || batch_norm::forward(slice(&x), affine, residual.as_ref().map(slice), relu),
    );
    let of_channels = |values| tensor(values, [shape[1]]);
    (from_channels_last(done.output, shape), of_channels(done.mean), of_channels(done.variance))
}

/// `scale * x + shift` and what follows, without a gradient.
pub(super) fn affine(x: FlexTensor, epilogue: Epilogue<Flex>) -> FlexTensor {
    let shape = dims::<4>(&x);
    let (scale, shift) = (epilogue.scale.to_contiguous(), epilogue.shift.to_contiguous());
    let (x, residual) = (channels_last(x), epilogue.residual.into_option().map(channels_last));
    let affine = (slice(&scale), slice(&shift));
    let y = span(
        "batch normalisation",
        || describe(shape),
        || batch_norm::affine(slice(&x), affine, residual.as_ref().map(slice), epilogue.relu),
    );
    from_channels_last(y, shape)
}

/// Mean and biased variance.
pub(super) fn moments(x: FlexTensor) -> (FlexTensor, FlexTensor) {
    let [_, channels, ..] = dims::<4>(&x);
    let (mean, variance) = batch_norm::moments(slice(&channels_last(x)), channels);
    (tensor(mean, [channels]), tensor(variance, [channels]))
}

/// The output for given statistics.
pub(super) fn normalise(
    x: FlexTensor,
    affine: &Affine<Flex>,
    residual: Option<FlexTensor>,
    epsilon: f64,
    relu: bool,
) -> FlexTensor {
    let shape = dims::<4>(&x);
    let (x, residual) = (channels_last(x), residual.map(channels_last));
    let Affine { gamma, beta, mean, variance } = affine;
    let [gamma, beta, mean, variance] =
        [gamma, beta, mean, variance].map(FlexTensor::to_contiguous);
    let affine = batch_norm::Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let images = (slice(&x), residual.as_ref().map(slice));
    let statistics = (slice(&mean), slice(&variance));
    from_channels_last(batch_norm::normalise(images, affine, statistics, relu), shape)
}

/// What the backward pass reads again, as the kernels take it.
struct Kept {
    x: FlexTensor,
    y: Option<FlexTensor>,
    gamma: FlexTensor,
    mean: FlexTensor,
    variance: FlexTensor,
    epsilon: f64,
}

impl Kept {
    fn new(saved: Saved<Flex>, epsilon: f64) -> Self {
        let Saved { x, gamma, mean, variance, y } = saved;
        let (x, y) = (channels_last(x), y.into_option().map(channels_last));
        Self { x, y, gamma: gamma.to_contiguous(), mean, variance, epsilon }
    }

    fn read(&self) -> batch_norm::Saved<'_> {
        batch_norm::Saved {
            x: slice(&self.x),
            y: self.y.as_ref().map(slice),
            mean: slice(&self.mean),
            variance: slice(&self.variance),
            gamma: slice(&self.gamma),
            epsilon: self.epsilon,
        }
    }

    fn recycle(self) {
        recycle(self.x);
        self.y.into_iter().for_each(recycle);
    }
}

/// The gradients of everything that came in, from the output's gradient, which ReLU masks where there
/// is a `y`.
pub(super) fn backward(
    dy: FlexTensor,
    saved: Saved<Flex>,
    epsilon: f64,
    with_residual: bool,
) -> NormGradients<Flex> {
    let shape = dims::<4>(&saved.x);
    let kept = Kept::new(saved, epsilon);
    let mut dy = take(channels_last(dy));
    let (separate, affine) = span(
        "batch normalisation, gradients",
        || describe(shape),
        || batch_norm::backward(kept.read(), &mut dy, with_residual),
    );
    kept.recycle();
    let of_channels = |values| tensor(values, [shape[1]]);
    let InputGradients { x, residual } = images(dy, separate, shape);
    let (gamma, beta) = (of_channels(affine.gamma), of_channels(affine.beta));
    NormGradients { x, gamma, beta, residual }
}

/// What `dy` became, and the gradient of the input if it is another.
fn images(dy: Vec<f32>, separate: Option<Vec<f32>>, shape: [usize; 4]) -> InputGradients<Flex> {
    let (dx, residual) = match separate {
        None => (dy, None),
        Some(dx) => (dx, Some(from_channels_last(dy, shape))),
    };
    InputGradients { x: from_channels_last(dx, shape), residual: residual.into() }
}

/// The gradients of scale and shift.
pub(super) fn affine_gradients(
    dy: FlexTensor,
    saved: Saved<Flex>,
    epsilon: f64,
) -> (FlexTensor, FlexTensor) {
    let [_, channels, ..] = dims::<4>(&saved.x);
    let kept = Kept::new(saved, epsilon);
    let sums = batch_norm::affine_gradients(kept.read(), slice(&channels_last(dy)));
    (tensor(sums.gamma, [channels]), tensor(sums.beta, [channels]))
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
    let shape = dims::<4>(&saved.x);
    let kept = Kept::new(saved, epsilon);
    let of_affine = (slice(d_gamma), slice(d_beta), count);
    let mut dy = take(channels_last(dy));
    let separate = batch_norm::input_gradients(kept.read(), of_affine, &mut dy, with_residual);
    kept.recycle();
    images(dy, separate, shape)
}
