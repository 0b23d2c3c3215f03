//! Between Flex's tensors and slices of numbers.

use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::flex::FlexTensor;
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, AutodiffBackend, Flex};
use burn::tensor::{DType, Shape, TensorData};

use crate::cpu::{layout, pool};
use crate::profile::span;

/// `[b, c, h, w]` as a tensor `[b, h, w, c]` without gaps. Without a copy if that is how the numbers lie,
/// as those of every kernel's results do.
pub(super) fn channels_last(tensor: FlexTensor) -> FlexTensor {
    let last = tensor.layout().permute(&[0, 2, 3, 1]);
    if last.is_contiguous() {
        return tensor.with_layout(last);
    }
    let [batch, channels, height, width] = dims(&tensor);
    let first = if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() };
    let shape = || (format!("{channels}, {height}x{width}"), 0.0);
    let values = span("to channels last", shape, || {
        layout::channels_last(slice(&first), channels, height * width)
    });
    self::tensor(values, [batch, height, width, channels])
}

/// A tensor `[b, c, h, w]` of numbers that lie as `[b, h, w, c]`.
pub(super) fn from_channels_last(
    values: Vec<f32>,
    [batch, channels, height, width]: [usize; 4],
) -> FlexTensor {
    tensor(values, [batch, height, width, channels]).permute(&[0, 3, 1, 2])
}

/// The numbers of a tensor without gaps.
pub(super) fn slice(tensor: &FlexTensor) -> &[f32] {
    tensor.as_slice().expect("a contiguous f32 tensor")
}

/// The numbers of a tensor; without a copy if nobody else holds them.
pub(super) fn take(tensor: FlexTensor) -> Vec<f32> {
    // A second handle would make the memory shared.
    let tensor = if tensor.is_contiguous() { tensor } else { tensor.to_contiguous() };
    tensor.into_data().try_into_vec().expect("an f32 tensor")
}

pub(super) fn tensor(values: Vec<f32>, shape: impl Into<Shape>) -> FlexTensor {
    FlexTensor::from_data(TensorData::new(values, shape.into()))
}

pub(super) fn dims<const D: usize>(tensor: &FlexTensor) -> [usize; D] {
    tensor.layout().shape().dims()
}

/// A tensor that no gradient reaches.
pub(super) fn constant<C: CheckpointStrategy>(
    values: FlexTensor,
) -> FloatTensor<Autodiff<Flex, C>> {
    <Autodiff<Flex, C> as AutodiffBackend>::from_inner(values)
}

/// Keeps the memory of a tensor that nobody else holds for the next one of its size.
pub(super) fn recycle(tensor: FlexTensor) {
    if tensor.is_unique() && tensor.dtype() == DType::F32 {
        pool::give(take(tensor));
    }
}
