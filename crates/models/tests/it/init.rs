//! Initial weights.

use burn::tensor::{Device, TensorData};
use resnet_models::{BlockKind, NormKind, ResNetConfig, UnknownSize, Version, state_dict};

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

/// Mean and deviation of every tensor that torchvision or timm draw at random, against theirs.
#[test]
fn every_layer_starts_with_the_published_distribution() {
    let config = ResNetConfig::resnet18().d().squeeze_excite(0.25).with_norm(NormKind::Batch);
    let weights = state_dict(&config.init(3, &Device::flex()));
    let resnext = ResNetConfig::imagenet(BlockKind::Bottleneck, [1, 1, 1, 1]).resnext(32, 4);
    let grouped = state_dict(&resnext.init(3, &Device::flex()));
    let kaiming = |fan_out: f64| (2.0 / fan_out).sqrt();
    for (key, data, expected) in [
        ("conv1.3.weight", &weights, kaiming(32.0 * 9.0)),
        ("layer3.0.downsample.1.weight", &weights, kaiming(256.0)),
        ("layer3.0.se.fc1.weight", &weights, kaiming(64.0)),
        // torch.nn.init counts the channels of all groups as fan-out.
        ("layer3.0.conv2.weight", &grouped, kaiming(512.0 * 9.0)),
        // A uniform distribution in ±1/√in has the deviation 1/√(3 in).
        ("layer4.1.se.fc1.bias", &weights, (1.0 / (3.0 * 512.0_f64)).sqrt()),
    ] {
        let (mean, std) = moments(&data[key]);
        let errors = (data[key].shape().num_elements() as f64).sqrt().recip();
        assert!(mean.abs() < 5.0 * errors * expected, "{key}: mean {mean}");
        assert!((std / expected - 1.0).abs() < 5.0 * errors, "{key}: {std}, expected {expected}");
    }
}

#[test]
fn version_2_ends_with_a_narrow_classifier() {
    let config = small().with_version(Version::V2).with_zero_init_gamma(true);
    let weights = state_dict(&config.init(0, &Device::flex()));
    let (mean, std) = moments(&weights["fc.weight"]);
    assert!(mean.abs() < 0.002 && (std / 0.01 - 1.0).abs() < 0.15, "mean {mean}, deviation {std}");
    assert!(weights["fc.bias"].iter::<f32>().all(|bias| bias == 0.0));
    assert!(weights["layer2.0.conv2.weight"].iter::<f32>().all(|weight| weight == 0.0));
}

#[test]
fn options_that_contradict_each_other_are_named() {
    for (config, word) in [
        (small().resnext(32, 4), "groups"),
        (small().with_output_stride(4), "output stride"),
        (small().with_stochastic_depth(1.0), "drop rate"),
        (small().with_norm(NormKind::Group { groups: 5 }), "5 groups"),
        (small().with_version(Version::V2).blur(), "anti-aliasing"),
        (small().with_num_classes(0), "zero"),
        (ResNetConfig { blocks: vec![1, 0, 1], ..small() }, "[1, 0, 1]"),
    ] {
        let error = config.check().expect_err(word);
        assert!(error.to_string().contains(word), "{error}");
    }
}
