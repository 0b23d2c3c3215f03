//! From a trained network to one for another task.

use burn::module::Module;

use crate::ResNet;
use crate::init::Init;

impl ResNet {
    /// Replaces the classifier by a fresh one for `num_classes` classes, drawn from `seed`.
    ///
    /// ```
    /// use burn::tensor::{Device, Tensor};
    /// use resnet_models::ResNetConfig;
    ///
    /// let device = Device::flex();
    /// let model = ResNetConfig::resnet18().init(0, &device).reset_head(7, 1);
    /// assert_eq!(model.forward(Tensor::zeros([1, 3, 32, 32], &device)).dims(), [1, 7]);
    /// ```
    #[must_use]
    pub fn reset_head(mut self, num_classes: usize, seed: u64) -> Self {
        let device = self.fc.weight.device();
        let [_, features] = self.fc.weight.dims();
        self.fc = Init::new(seed, &device).linear(features, num_classes);
        self
    }

    /// Freezes the stem and the first `stages` stages: no gradient reaches their parameters, and
    /// their normalisations keep their statistics. With 4, only the classifier is trained.
    ///
    /// `model.unfreeze()` of [`Module`] undoes it.
    #[must_use]
    pub fn freeze_until(mut self, stages: usize) -> Self {
        self.conv1 = self.conv1.freeze();
        self.bn1 = self.bn1.freeze();
        self.maxpool = self.maxpool.freeze();
        let layers = [&mut self.layer1, &mut self.layer2, &mut self.layer3, &mut self.layer4];
        for layer in layers.into_iter().take(stages) {
            *layer = std::mem::take(layer).freeze();
        }
        if stages >= 4 {
            self.norm = self.norm.freeze();
        }
        self
    }
}
