//! Batch normalisation as part of the convolution before it, for inference.

use burn::module::Param;
use burn::nn::conv::Conv2d;

use crate::block::ResidualBlock;
use crate::stem::StemConv;
use crate::{Downsample, Norm, ResNet};

impl ResNet {
    /// The network for inference with every batch normalisation that follows a convolution folded
    /// into it: the same logits up to rounding, with fewer passes over the feature maps.
    ///
    /// Pass `model.valid()` of a network in training. The result has no keys of these
    /// normalisations any more; save the weights before. The normalisations at the start of
    /// version 2's blocks and group normalisations stay.
    ///
    /// ```
    /// use burn::tensor::Device;
    /// use resnet_models::{ResNetConfig, state_dict};
    ///
    /// let model = ResNetConfig::resnet18().init(0, &Device::flex()).fold_batch_norm();
    /// assert!(!state_dict(&model).contains_key("bn1.weight"));
    /// ```
    #[must_use]
    pub fn fold_batch_norm(mut self) -> Self {
        match &mut self.conv1 {
            StemConv::Single(conv) | StemConv::Deep((.., conv)) => fold(conv, &mut self.bn1),
        }
        for stage in [&mut self.layer1, &mut self.layer2, &mut self.layer3, &mut self.layer4] {
            stage.iter_mut().for_each(ResidualBlock::fold_batch_norm);
        }
        self
    }
}

impl ResidualBlock {
    fn fold_batch_norm(&mut self) {
        if self.is_preactivated() {
            // Each normalisation comes before the convolution of its number.
            fold(&mut self.conv1, &mut self.bn2);
            fold(&mut self.conv2, &mut self.bn3);
            return;
        }
        fold(&mut self.conv1, &mut self.bn1);
        fold(&mut self.conv2, &mut self.bn2);
        if let Some(conv) = &mut self.conv3 {
            fold(conv, &mut self.bn3);
        }
        if let Some(Downsample::Conv((conv, norm)) | Downsample::Pooled((_, conv, norm))) =
            &mut self.downsample
        {
            fold(conv, norm);
        }
    }
}

/// Moves a batch normalisation into `conv`; other normalisations stay.
fn fold(conv: &mut Conv2d, norm: &mut Option<Norm>) {
    let Some(Norm::Batch(batch)) = norm else { return };
    let (scale, shift) = batch.running_affine();
    let [channels] = scale.dims();
    let weight = conv.weight.val() * scale.reshape([channels, 1, 1, 1]);
    conv.weight = Param::from_tensor(weight);
    conv.bias = Some(Param::from_tensor(shift));
    *norm = None;
}
