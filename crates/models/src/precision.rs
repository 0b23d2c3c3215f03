//! Arithmetic with 16-bit floats: a network computes in the type of its images.
//!
//! Convolutions, activations and the additions between them take the type that comes in; their weights
//! are brought to it, so that gradients arrive at 32-bit weights in 32 bits. Normalisations, means over
//! an image and everything after the last one are computed in 32 bits, because sums of many small
//! numbers lose too much in 16.

use burn::tensor::{DType, FloatDType, Tensor};

/// Whether it is a type of fewer than 32 bits.
pub(crate) fn is_low<const D: usize>(x: &Tensor<D>) -> bool {
    x.dtype() != DType::F32
}

/// `tensor` in the type of `x`.
pub(crate) fn like<const D: usize, const E: usize>(tensor: Tensor<D>, x: &Tensor<E>) -> Tensor<D> {
    if tensor.dtype() == x.dtype() { tensor } else { tensor.cast(FloatDType::from(x.dtype())) }
}

/// `x` in 32 bits.
pub(crate) fn in_32_bits<const D: usize>(x: Tensor<D>) -> Tensor<D> {
    if is_low(&x) { x.cast(FloatDType::F32) } else { x }
}

/// What `layer` makes of `x` in 32 bits, in the type of `x`.
pub(crate) fn through_32_bits<const D: usize>(
    x: Tensor<D>,
    layer: impl FnOnce(Tensor<D>) -> Tensor<D>,
) -> Tensor<D> {
    if !is_low(&x) {
        return layer(x);
    }
    let dtype = FloatDType::from(x.dtype());
    layer(in_32_bits(x)).cast(dtype)
}
