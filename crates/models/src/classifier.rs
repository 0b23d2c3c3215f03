//! What a training loop needs of a network.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::{Drops, ResNet};

/// A network that tells classes of images apart; implement it for your own to train it like a
/// [`ResNet`].
pub trait Classifier: Module {
    /// Whether images of 16-bit floats may come in; logits go out in 32 bits in any case.
    const TAKES_16_BITS: bool = false;

    /// Logits `[b, classes]` of normalised images `[b, c, h, w]`.
    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2>;

    /// [`logits`](Self::logits) in a training step that leaves out at random what `drops` says.
    /// Without such a choice in the network the two are the same.
    fn train_logits(&self, images_bchw: Tensor<4>, drops: &mut Drops) -> Tensor<2> {
        let _ = drops;
        self.logits(images_bchw)
    }
}

impl Classifier for ResNet {
    const TAKES_16_BITS: bool = true;

    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        self.forward(images_bchw)
    }

    fn train_logits(&self, images_bchw: Tensor<4>, drops: &mut Drops) -> Tensor<2> {
        self.forward_train(images_bchw, drops)
    }
}
