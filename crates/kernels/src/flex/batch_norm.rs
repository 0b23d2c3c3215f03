//! Batch normalisation in training, with residual and ReLU, and its gradients.

use burn::backend::Flex;
use burn::backend::flex::FlexTensor;

use super::values::{dims, recycle, slice, take, tensor};
use crate::cpu::batch_norm::{self, Affine, Size};
use crate::normalisation::{NormGradients, Saved};

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
    let affine = Affine { gamma: slice(&gamma), beta: slice(&beta), epsilon };
    let done = batch_norm::forward(size, slice(&x), affine, residual.as_ref().map(slice), relu);
    let of_channels = |values| tensor(values, [size.channels]);
    (tensor(done.output, shape), of_channels(done.mean), of_channels(done.variance))
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
    let read = batch_norm::Saved {
        x: slice(&x),
        mean: slice(&saved.mean),
        variance: slice(&saved.variance),
        gamma: slice(&gamma),
        epsilon,
    };
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

/// Without a second handle where nothing is to do, so that the memory can be recycled.
fn contiguous(tensor: FlexTensor) -> FlexTensor {
    if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() }
}

fn masked(dy: &FlexTensor, y: &FlexTensor) -> FlexTensor {
    tensor(batch_norm::masked(size(y), slice(dy), slice(y)), dims::<4>(y))
}
