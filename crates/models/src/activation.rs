//! Activation functions.

use burn::module::Module;
use burn::tensor::Tensor;
use burn::tensor::activation::{gelu, relu, silu};

use crate::options::Activation;
use crate::then::Then;

impl Activation {
    /// The function of each element.
    #[must_use]
    pub fn forward(self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Relu => relu(x),
            Self::Silu => silu(x),
            Self::Gelu => gelu(x),
        }
    }
}

/// An activation that is a layer of its own in a sequence.
#[derive(Module, Debug)]
pub struct Activate {
    #[module(skip)]
    pub(crate) function: Activation,
}

impl Activate {
    pub(crate) fn new(function: Activation) -> Self {
        Self { function }
    }

    /// The function of each element.
    #[must_use]
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.function.forward(x)
    }

    /// What follows a normalisation before it.
    pub(crate) fn then(&self) -> Then {
        Then::activate(self.function)
    }
}
