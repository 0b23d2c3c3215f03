//! From images to feature maps and logits.

use burn::tensor::Tensor;

use crate::block::ResidualBlock;
use crate::ops::normalise;
use crate::then::Then;
use crate::{Drops, InputError, ResNet};

impl ResNet {
    /// Logits `[b, classes]` of normalised images `[b, c, h, w]`.
    ///
    /// On an autodiff device batch normalisation uses and updates its statistics; call
    /// `model.valid()` for inference. Nothing is dropped: see [`forward_train`](Self::forward_train).
    ///
    /// # Panics
    /// As everything here that takes images, with the text of [`InputError`] if they do not fit;
    /// [`try_forward`](Self::try_forward) returns it.
    #[must_use]
    pub fn forward(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        self.fc.forward(self.forward_pooled(images_bchw))
    }

    /// [`forward`](Self::forward) of images that may not fit.
    ///
    /// # Errors
    /// [`InputError`] with both shapes; nothing is computed then.
    pub fn try_forward(&self, images_bchw: Tensor<4>) -> Result<Tensor<2>, InputError> {
        self.check_input(images_bchw.dims())?;
        Ok(self.forward(images_bchw))
    }

    /// [`forward`](Self::forward) with stochastic depth and dropout, at the rates of the
    /// configuration.
    #[must_use]
    pub fn forward_train(&self, images_bchw: Tensor<4>, drops: &mut Drops) -> Tensor<2> {
        self.forward_cut(images_bchw, drops, &mut |features| features)
    }

    /// [`forward_train`](Self::forward_train) with a `cut` before each of the last two stages, which hold most
    /// of the parameters.
    pub(crate) fn forward_cut(
        &self,
        images_bchw: Tensor<4>,
        drops: &mut Drops,
        cut: &mut dyn FnMut(Tensor<4>) -> Tensor<4>,
    ) -> Tensor<2> {
        let mut x = self.pool_stem(self.forward_stem(images_bchw));
        let stages = self.stages();
        let whole = stages.len().saturating_sub(2).max(1);
        for (index, stage) in stages.into_iter().enumerate() {
            x = if index < whole { x } else { cut(x) };
            x = stage.iter().fold(x, |x, block| block.forward(x, Some(&mut *drops)));
        }
        let features = self.pool(x);
        self.fc.forward(drops.features(features, self.settings.dropout))
    }

    /// The vectors `[b, features]` that enter the classifier.
    #[must_use]
    pub fn forward_pooled(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        self.pool(self.last_features(images_bchw))
    }

    /// The feature map of the last stage.
    pub(crate) fn last_features(&self, images_bchw: Tensor<4>) -> Tensor<4> {
        let x = self.pool_stem(self.forward_stem(images_bchw));
        self.stages().into_iter().fold(x, forward_stage)
    }

    /// Logits of the feature map of the last stage.
    pub(crate) fn classify(&self, features_bchw: Tensor<4>) -> Tensor<2> {
        self.fc.forward(self.pool(features_bchw))
    }

    /// The feature maps of the stem (before pooling) and of each stage, largest first: five for
    /// ImageNet networks, at 1/2, 1/4, 1/8, 1/16 and 1/32 of the size unless dilated.
    ///
    /// In version 2 they are not yet normalised, as in timm.
    #[must_use]
    pub fn forward_features(&self, images_bchw: Tensor<4>) -> Vec<Tensor<4>> {
        let stem = self.forward_stem(images_bchw);
        let mut x = self.pool_stem(stem.clone());
        let mut maps = vec![stem];
        for stage in self.stages() {
            x = forward_stage(x, stage);
            maps.push(x.clone());
        }
        maps
    }

    fn forward_stem(&self, images_bchw: Tensor<4>) -> Tensor<4> {
        if let Err(error) = self.check_input(images_bchw.dims()) {
            panic!("{error}");
        }
        if self.settings.preactivated {
            return self.conv1.forward(images_bchw);
        }
        let then = Then::activate(self.settings.activation);
        self.conv1.forward_then(images_bchw, self.bn1.as_ref(), then)
    }

    fn pool_stem(&self, x: Tensor<4>) -> Tensor<4> {
        match &self.maxpool {
            Some(pool) => pool.forward(x),
            None => x,
        }
    }

    fn pool(&self, x: Tensor<4>) -> Tensor<2> {
        let then = Then::activate(self.settings.activation);
        let preactivated = self.settings.preactivated;
        let x = if preactivated { normalise(self.norm.as_ref(), x, then) } else { x };
        self.settings.pooling.forward(x)
    }

    /// The stages that the network has.
    fn stages(&self) -> Vec<&[ResidualBlock]> {
        let all = [&self.layer1, &self.layer2, &self.layer3, &self.layer4];
        all.into_iter().map(Vec::as_slice).filter(|stage| !stage.is_empty()).collect()
    }
}

fn forward_stage(x: Tensor<4>, stage: &[ResidualBlock]) -> Tensor<4> {
    stage.iter().fold(x, |x, block| block.forward(x, None))
}
