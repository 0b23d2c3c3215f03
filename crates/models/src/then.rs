//! What follows a normalisation.

use burn::tensor::Tensor;

use crate::options::Activation;

/// What follows a normalisation.
#[derive(Debug, Clone, Default)]
pub(crate) struct Then {
    /// Added first, `[b, c, h, w]`.
    pub(crate) residual: Option<Tensor<4>>,
    /// The function of the result.
    pub(crate) activation: Option<Activation>,
}

impl Then {
    pub(crate) fn activate(activation: Activation) -> Self {
        Self { residual: None, activation: Some(activation) }
    }

    pub(crate) fn add_and_activate(residual: Tensor<4>, activation: Activation) -> Self {
        Self { residual: Some(residual), activation: Some(activation) }
    }

    /// Whether it ends with a ReLU, which kernels take in, and the function that they do not know.
    pub(crate) fn split(activation: Option<Activation>) -> (bool, Option<Activation>) {
        match activation {
            Some(Activation::Relu) => (true, None),
            other => (false, other),
        }
    }

    /// All of it, by operations of its own.
    pub(crate) fn apply(self, x: Tensor<4>) -> Tensor<4> {
        let Some(residual) = self.residual else { return activated(x, self.activation) };
        let (relu, rest) = Self::split(self.activation);
        activated(resnet_kernels::add_images(x, residual, relu), rest)
    }
}

pub(crate) fn activated(x: Tensor<4>, activation: Option<Activation>) -> Tensor<4> {
    match activation {
        Some(activation) => activation.forward(x),
        None => x,
    }
}
