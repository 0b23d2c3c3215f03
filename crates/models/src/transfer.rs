//! From a trained network to one for another task.

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
}
