//! From a trained network to one for another task.

use crate::init::Init;
use crate::{Part, ResNet, Version, set_learning};

impl ResNet {
    /// Replaces the classifier by a fresh one for `num_classes` classes, drawn from `seed` as
    /// the network's own: PyTorch's default, or timm's for version 2.
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
        let version = if self.settings.preactivated { Version::V2 } else { Version::V1_5 };
        self.fc = Init::new(seed, &device).classifier(version, features, num_classes);
        self
    }

    /// Keeps everything from the pixels up to `last` as it is, BatchNorm's statistics included;
    /// [`set_learning`] has any choice of parts.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use resnet_models::{Part, ResNetConfig};
    ///
    /// let device = Device::flex().autodiff();
    /// let only_the_classifier_learns = ResNetConfig::resnet18().init(0, &device).freeze_until(Part::Layer4);
    /// ```
    #[must_use]
    pub fn freeze_until(self, last: Part) -> Self {
        set_learning(self, Part::Stem..=last, false)
    }
}
