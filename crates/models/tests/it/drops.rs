//! Stochastic depth and dropout.

use burn::tensor::{Device, Tensor};
use resnet_models::{Drops, ResNetConfig};

use crate::formula;

fn logits(config: &ResNetConfig, seed: u64, step: u64) -> Vec<f32> {
    let device = Device::flex();
    let images = Tensor::from_data(formula::tensor("input", &[2, 3, 32, 32]), &device);
    let model = config.init(0, &device);
    model.forward_train(images, &mut Drops::new(seed, step)).into_data().iter().collect()
}

#[test]
fn a_step_makes_the_same_choices_again_and_another_step_others() {
    let config = ResNetConfig::cifar(2).with_stochastic_depth(0.5).with_dropout(0.2);
    assert_eq!(logits(&config, 7, 30), logits(&config, 7, 30));
    assert_ne!(logits(&config, 7, 30), logits(&config, 7, 31));
    assert_ne!(logits(&config, 7, 30), logits(&config, 8, 30));
}

#[test]
fn without_rates_nothing_is_dropped() {
    let config = ResNetConfig::cifar(1);
    assert_eq!(logits(&config, 7, 30), logits(&config, 8, 31));
}

#[test]
fn whole_images_are_dropped_at_the_rate_and_the_mean_stays() {
    let ones = Tensor::<4>::ones([4000, 2, 1, 1], &Device::flex());
    let dropped = Drops::new(1, 2).images(ones, 0.25).into_data();
    let values: Vec<f32> = dropped.iter().collect();
    let zeros = values.iter().filter(|&&v| v == 0.0).count() / 2;
    // 1000 are expected; five standard deviations are 137.
    assert!((863..1137).contains(&zeros), "{zeros} of 4000");
    assert!(values.chunks(2).all(|image| image[0] == image[1]), "an image is one choice");
    assert!(values.iter().all(|&v| v == 0.0 || v == 4.0 / 3.0));
}

#[test]
fn single_features_are_dropped_at_the_rate() {
    let ones = Tensor::<2>::ones([40, 100], &Device::flex());
    let values: Vec<f32> = Drops::new(1, 2).features(ones, 0.5).into_data().iter().collect();
    let zeros = values.iter().filter(|&&v| v == 0.0).count();
    assert!((1842..2158).contains(&zeros), "{zeros} of 4000");
    assert!(values.iter().all(|&v| v == 0.0 || v == 2.0));
}
