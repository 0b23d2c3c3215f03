//! The backward pass, in one or in parts.

use burn::module::Module;
use burn::tensor::Tensor;

use crate::gradients::GradientMap;

/// Where a forward pass was cut into graphs of their own, in its order.
pub(crate) struct Cuts {
    allowed: bool,
    /// The feature map that a part ends with, and the same as the start of the next.
    ends: Vec<(Tensor<4>, Tensor<4>)>,
}

impl Cuts {
    /// Cuts where the network can be cut, or nowhere.
    pub(crate) fn new(allowed: bool) -> Self {
        Self { allowed, ends: Vec::new() }
    }

    /// `features` as what comes next has to take them.
    pub(crate) fn cut(&mut self, features: Tensor<4>) -> Tensor<4> {
        if !self.allowed {
            return features;
        }
        let start = features.clone().detach().require_grad();
        self.ends.push((features, start.clone()));
        // Nothing moves; but where the network branches is no leaf of the graph, as without the cut, so that the
        // kernels add up gradients in the same order.
        start.swap_dims(2, 3).swap_dims(2, 3)
    }

    /// Goes back from `loss` to the images; `see` gets the gradients of each part of `model`, the last
    /// part's first, before those of the part before it are computed.
    pub(crate) fn backward<M: Module>(
        self,
        loss: &Tensor<1>,
        model: &M,
        mut see: impl FnMut(GradientMap),
    ) {
        let mut gradients = loss.backward();
        for (end, start) in self.ends.into_iter().rev() {
            let arrived = start.grad_remove(&mut gradients);
            see(GradientMap::collect(model, &mut gradients));
            let Some(arrived) = arrived else { return };
            // The gradient of this sum with respect to the features is exactly what arrived.
            gradients = (end * Tensor::from_inner(arrived)).sum().backward();
        }
        see(GradientMap::collect(model, &mut gradients));
    }
}

#[cfg(all(test, feature = "flex"))]
mod tests {
    use burn::tensor::{Device, TensorData};
    use resnet_models::{Classifier, Drops, ResNet, ResNetConfig};

    use super::*;

    fn gradients(model: &ResNet, allowed: bool) -> (usize, Vec<(String, TensorData)>) {
        let device = Device::flex().autodiff();
        let pixels: Vec<f32> = (0..2 * 3 * 16 * 16).map(|i| (i as f32 * 0.37).sin()).collect();
        let images = Tensor::<1>::from_data(&pixels[..], &device).reshape([2, 3, 16, 16]);
        let mut cuts = Cuts::new(allowed);
        let cut = &mut |features| cuts.cut(features);
        let logits = model.train_logits_cut(images, &mut Drops::new(3, 5), cut);
        let (mut parts, mut all) = (0, Vec::new());
        cuts.backward(&logits.square().sum(), model, |part| {
            parts += 1;
            all.extend(part.into_tensors());
        });
        all.sort_by(|(a, _), (b, _)| a.cmp(b));
        let data = |(name, values): (String, Tensor<1>)| (name, values.into_data());
        (parts, all.into_iter().map(data).collect())
    }

    #[test]
    fn in_parts_the_gradients_are_the_same_bits() {
        for config in [ResNetConfig::cifar(1), ResNetConfig::new(18).expect("a network")] {
            let config = config.with_num_classes(5).with_stochastic_depth(0.3).with_dropout(0.2);
            let model = config.init(0, &Device::flex().autodiff());
            let (whole, cut) = (gradients(&model, false), gradients(&model, true));
            assert_eq!((whole.0, cut.0), (1, 3));
            assert!(!whole.1.is_empty() && whole.1 == cut.1);
        }
    }
}
