//! Initial weights.

use burn::tensor::{Device, TensorData};
use resnet_models::{ResNetConfig, UnknownSize, state_dict};

fn small() -> ResNetConfig {
    ResNetConfig::new(8).expect("a small network")
}

fn moments(data: &TensorData) -> (f64, f64) {
    let values: Vec<f64> = data.iter::<f64>().collect();
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / count;
    (mean, variance.sqrt())
}

#[test]
fn the_same_seed_gives_the_same_weights_and_another_seed_others() {
    let weights = |seed| state_dict(&small().init(seed, &Device::flex()));
    assert_eq!(weights(7), weights(7));
    assert_ne!(weights(7)["conv1.weight"], weights(8)["conv1.weight"]);
}

#[test]
fn convolutions_have_the_deviation_of_torchvisions_initialisation() {
    let model = ResNetConfig::new(18).expect("18").init(0, &Device::flex());
    let weights = state_dict(&model);
    for (key, fan_out) in [("conv1.weight", 64 * 49), ("layer4.1.conv2.weight", 512 * 9)] {
        let (mean, std) = moments(&weights[key]);
        let expected = (2.0 / f64::from(fan_out)).sqrt();
        // Nine standard errors of the smaller tensor, 9408 values.
        assert!(mean.abs() < 0.1 * expected, "{key}: mean {mean}");
        assert!((std / expected - 1.0).abs() < 0.07, "{key}: {std}, expected {expected}");
    }
    let bound = weights["fc.weight"].iter::<f32>().fold(0.0, |max: f32, v| max.max(v.abs()));
    let expected = 1.0 / 512_f32.sqrt();
    assert!(bound <= expected && bound > 0.99 * expected, "{bound}, expected {expected}");
}

#[test]
fn zero_gamma_makes_every_fresh_block_pass_its_input_on() {
    let weights = state_dict(&small().with_zero_init_gamma(true).init(0, &Device::flex()));
    assert!(weights["layer2.0.bn2.weight"].iter::<f32>().all(|gamma| gamma == 0.0));
    assert!(weights["layer2.0.bn1.weight"].iter::<f32>().all(|gamma| gamma == 1.0));
}

#[test]
fn an_unknown_size_is_named_with_the_known_ones() {
    let error = ResNetConfig::new(42).expect_err("no ResNet-42");
    assert_eq!(error, UnknownSize { size: 42 });
    assert!(error.to_string().contains("18, 34, 50, 101, 152 or 200"), "{error}");
}
