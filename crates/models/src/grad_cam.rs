//! Which places of an image speak for a class.

use burn::module::Module;
use burn::tensor::activation::relu;
use burn::tensor::{Int, Tensor};

use crate::ResNet;

impl ResNet {
    /// Grad-CAM ([Selvaraju et al. 2016](https://arxiv.org/abs/1610.02391)) at the last stage: for each
    /// place, how much the features there raise the logit of the image's class of `classes` `[b]`.
    ///
    /// `[b, c, h, w]` to `[b, h', w']` of the size of the last feature map; not negative. Values of
    /// different images cannot be compared.
    ///
    /// ```
    /// use burn::tensor::{Device, Int, Tensor};
    /// use resnet_models::ResNetConfig;
    ///
    /// let device = Device::flex();
    /// let model = ResNetConfig::resnet18().init(0, &device);
    /// let classes = Tensor::<1, Int>::from_ints([7], &device);
    /// let heat = model.grad_cam(Tensor::ones([1, 3, 64, 96], &device), classes);
    /// assert_eq!(heat.dims(), [1, 2, 3]);
    /// ```
    #[must_use]
    pub fn grad_cam(&self, images_bchw: Tensor<4>, classes: Tensor<1, Int>) -> Tensor<3> {
        // Normalisations use their running statistics, and nothing before the last stage is recorded.
        let model = self.valid();
        let features = model.last_features(images_bchw.inner());
        let tracked = features.clone().autodiff().require_grad();
        let logits = model.classify(tracked.clone());
        let classes: Tensor<2, Int> = classes.inner().autodiff().unsqueeze_dim(1);
        let gradients = logits.gather(1, classes).sum().backward();
        let gradient = tracked.grad(&gradients).unwrap_or_else(|| features.zeros_like());
        let [b, c, h, w] = features.dims();
        let importance = gradient.reshape([b, c, h * w]).mean_dim(2).reshape([b, c, 1, 1]);
        relu((features * importance).sum_dim(1)).reshape([b, h, w])
    }
}
