//! What a training loop needs of a network.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::{Drops, InputError, ResNet};

/// A network that tells classes of images apart; implement it for your own to train it like a
/// [`ResNet`].
pub trait Classifier: Module {
    /// Whether images of 16-bit floats may come in; logits go out in 32 bits in any case.
    const TAKES_16_BITS: bool = false;

    /// Whether images of this shape, `[b, c, h, w]`, can come in; asked before the first step about the
    /// images of a run. A network that says nothing takes all of them.
    ///
    /// # Errors
    /// [`InputError`] if they cannot.
    fn check_images(&self, shape_bchw: [usize; 4]) -> Result<(), InputError> {
        let _ = shape_bchw;
        Ok(())
    }

    /// Logits `[b, classes]` of normalised images `[b, c, h, w]`.
    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2>;

    /// [`logits`](Self::logits) in a training step that leaves out at random what `drops` says.
    /// Without such a choice in the network the two are the same.
    fn train_logits(&self, images_bchw: Tensor<4>, drops: &mut Drops) -> Tensor<2> {
        let _ = drops;
        self.logits(images_bchw)
    }

    /// [`train_logits`](Self::train_logits) of a network that can be cut: `cut` gets the feature map at each
    /// place where it can be, and what it returns goes on. Nothing else of what comes before a cut may be
    /// used behind it.
    ///
    /// Ranks that train together go backward part by part, and exchange the gradients of one part while
    /// those of the part before it are computed. By default there is no cut, and they exchange at the end.
    #[expect(unused_variables, reason = "a network of one piece")]
    fn train_logits_cut(
        &self,
        images_bchw: Tensor<4>,
        drops: &mut Drops,
        cut: &mut dyn FnMut(Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        self.train_logits(images_bchw, drops)
    }
}

impl Classifier for ResNet {
    const TAKES_16_BITS: bool = true;

    fn check_images(&self, shape_bchw: [usize; 4]) -> Result<(), InputError> {
        self.check_input(shape_bchw)
    }

    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        self.forward(images_bchw)
    }

    fn train_logits(&self, images_bchw: Tensor<4>, drops: &mut Drops) -> Tensor<2> {
        self.forward_train(images_bchw, drops)
    }

    fn train_logits_cut(
        &self,
        images_bchw: Tensor<4>,
        drops: &mut Drops,
        cut: &mut dyn FnMut(Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        self.forward_cut(images_bchw, drops, cut)
    }
}
