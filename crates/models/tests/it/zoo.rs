//! Named networks against what torchvision and timm count on their own modules; the numbers come
//! from `tests/golden/zoo.py`.

use burn::tensor::Device;
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNetConfig, Version, by_name, state_dict, timm, zoo};
use serde_json::Value;

fn golden() -> Value {
    let golden: Value = serde_json::from_str(include_str!("../golden/zoo.json")).expect("JSON");
    golden["models"].clone()
}

fn number(value: &Value) -> u64 {
    value.as_u64().expect("a whole number")
}

#[test]
fn parameters_and_multiply_adds_are_those_of_torchvision_and_timm() {
    for (name, golden) in golden().as_object().expect("networks") {
        let entry = by_name(name).expect("a network of this name");
        assert_eq!(entry.input_size as u64, number(&golden["input"]), "{name}: input");
        let cost = entry.config.cost([entry.input_size; 2]);
        assert_eq!(cost.parameters as u64, number(&golden["parameters"]), "{name}: parameters");
        assert_eq!(cost.multiply_adds, number(&golden["multiply_adds"]), "{name}: multiply-adds");
        if let Some(published) = golden["published"].as_f64() {
            let billions = cost.multiply_adds as f64 / 1e9;
            assert!((billions - published).abs() < 5.1e-4, "{name}: {billions}, not {published}");
        }
    }
}

#[test]
fn every_name_is_compared_or_has_no_peer() {
    let golden = golden();
    let alone = zoo().into_iter().filter(|entry| golden[entry.name].is_null());
    let alone: Vec<_> = alone.map(|entry| entry.name).collect();
    assert!(alone.iter().all(|n| n.ends_with("_v1") || n.ends_with("_cifar") || *n == "wrn28_10"));
    assert_eq!(alone.len(), 9);
}

/// FNV-1a of `key[shape];` for each tensor.
fn fingerprint(tensors: &TensorMap) -> String {
    let text = tensors.iter().map(|(key, data)| format!("{key}{:?};", data.shape().to_vec()));
    let hash = text.collect::<String>().bytes().fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3)
    });
    format!("{hash:016x}")
}

#[test]
fn state_dicts_have_the_keys_and_shapes_of_torchvision_and_timm() {
    let golden = golden();
    let names = ["resnet26t", "ecaresnet26t", "seresnet18", "resnetblur18", "resnetv2_18"];
    for name in names {
        let config = by_name(name).expect("a network").config;
        let mut tensors = state_dict(&config.init(0, &Device::flex()));
        if config.version == Version::V2 {
            tensors = timm::to_resnetv2(&config, tensors);
        }
        assert_eq!(fingerprint(&tensors), golden[name]["tensors"].as_str().expect("hex"), "{name}");
    }
}

#[test]
fn the_count_from_the_shapes_is_the_count_of_the_built_network() {
    for name in ["resnet20_cifar", "resnet50_v1", "seresnet18", "resnetblur18", "resnetv2_18"] {
        let entry = by_name(name).expect("a network");
        let counted = entry.config.cost([entry.input_size; 2]).parameters;
        let built = entry.config.init(0, &Device::flex()).num_trainable_params();
        assert_eq!(counted, built, "{name}");
    }
}

#[test]
fn the_papers_figures_hold() {
    let billions = |name: &str| {
        let entry = by_name(name).expect("a network");
        entry.config.cost([entry.input_size; 2]).multiply_adds as f64 / 1e9
    };
    // He et al. 2015, table 1: 3.8, 7.6 and 11.3 times 10^9 (without the classifier's share of
    // rounding).
    for (name, published) in [("resnet50_v1", 3.8), ("resnet101_v1", 7.6), ("resnet152_v1", 11.3)] {
        assert!((billions(name) - published).abs() < 0.07, "{name}: {}", billions(name));
    }
    // Zagoruyko and Komodakis 2016, table 4: 36.5 million parameters.
    let parameters = ResNetConfig::wide_cifar(28, 10).cost([32, 32]).parameters;
    assert_eq!(parameters / 100_000, 364, "{parameters}");
}

#[test]
fn an_unknown_name_is_answered_with_names_like_it() {
    let error = by_name("seresnet51").expect_err("no such network");
    assert!(error.to_string().contains("did you mean seresnet50"), "{error}");
    let error = by_name("vgg16").expect_err("no such network");
    assert!(error.to_string().contains("`zoo()` lists"), "{error}");
}

#[test]
fn names_are_unique_and_every_configuration_can_be_built() {
    let entries = zoo();
    let mut names: Vec<_> = entries.iter().map(|entry| entry.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), entries.len());
    for entry in entries {
        assert_eq!(entry.config.check(), Ok(()), "{}", entry.name);
    }
}

#[test]
fn what_nobody_published_an_accuracy_for_is_listed_here() {
    // timm 1.0.31 has these networks without weights for ImageNet, or weights that its table at
    // 0173a139 does not name; version 1 and networks for small images are in no such table.
    let alone =
        |name: &str| name.ends_with("_v1") || name.ends_with("_cifar") || name == "wrn28_10";
    let missing = zoo().into_iter().filter(|entry| entry.published.is_none() && !alone(entry.name));
    let names: Vec<_> = missing.map(|entry| entry.name).collect();
    let expected = "resnet200 resnet50t seresnet18 seresnet34 seresnet101 seresnet152 resnetblur18 \
                    resnetblur50d resnetblur101d resnetaa34d resnetaa50d resnetv2_18 resnetv2_34 \
                    resnetv2_152 resnetv2_50d resnetv2_101d resnetv2_152d resnetv2_50t";
    assert_eq!(names.join(" "), expected);
    for entry in zoo() {
        let Some(published) = entry.published else { continue };
        assert!(published.top1 < published.top5 && published.top5 < 100.0, "{}", entry.name);
        assert!(published.input_size >= entry.input_size, "{}", entry.name);
        // torchvision's weights are IMAGENET1K_V1 or _V2, timm's begin with the network's name.
        let of_timm = published.weights.starts_with(&format!("{}.", entry.name));
        assert_eq!(of_timm, published.source.contains("pytorch-image-models"), "{}", entry.name);
    }
}
