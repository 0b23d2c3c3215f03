//! Convolution, and what follows it in inference.

use burn::tensor::ops::ConvOptions;
use burn::tensor::{Tensor, module};

use super::affine;
#[cfg(feature = "cube")]
use crate::geometry::Geometry;
#[cfg(feature = "flex")]
use crate::switch::on_cpu;
#[cfg(feature = "cube")]
use crate::switch::on_gpu;

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

#[cfg(feature = "flex")]
fn assert_channels(x: &Tensor<4>, weight: &Tensor<4>, groups: usize) {
    let ([_, input, ..], [output, depth, ..]) = (x.dims(), weight.dims());
    assert_eq!(input, depth * groups, "input channels: those of the weight times the groups");
    assert!(output.is_multiple_of(groups), "{output} output channels in {groups} groups");
}
