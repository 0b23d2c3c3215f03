//! The classifier head.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

/// A fully connected layer with PyTorch's weight layout, `[out, in]`.
///
/// Burn's own stores `[in, out]`; with this one a state dict needs no transposition anywhere.
#[derive(Module, Debug)]
pub struct Linear {
    /// `[out, in]`.
    pub weight: Param<Tensor<2>>,
    /// `[out]`.
    pub bias: Param<Tensor<1>>,
}

impl Linear {
    /// `[b, in]` to `[b, out]`.
    #[must_use]
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        resnet_kernels::linear(x, self.weight.val()) + self.bias.val().unsqueeze()
    }
}
