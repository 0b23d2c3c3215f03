//! Keys, shapes, parameter counts and logits against torchvision; the numbers come from
//! `tests/golden/generate.py`.

use burn::tensor::{Device, Tensor};
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNetConfig, Stem, load_state_dict, state_dict};
use serde_json::Value;

use crate::formula;

/// Largest difference of a logit to PyTorch's, absolute; the logits are below 0.3 and PyTorch's own
/// f32 and f64 results differ by up to 4.8e-7 (`noise` in the golden file).
const TOLERANCE: f32 = 5e-6;

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/resnet.json")).expect("the golden file is JSON")
}

fn shape(value: &Value) -> Vec<usize> {
    let numbers = value.as_array().expect("a list");
    numbers.iter().map(|n| n.as_u64().expect("a size") as usize).collect()
}

/// `[key, shape]` of each floating-point tensor in torchvision's state dict.
fn torchvision_tensors(model: &Value) -> Vec<(String, Vec<usize>)> {
    let tensors = model["tensors"].as_array().expect("a list");
    tensors
        .iter()
        .map(|pair| (pair[0].as_str().expect("a key").to_owned(), shape(&pair[1])))
        .filter(|(key, _)| !key.ends_with("num_batches_tracked"))
        .collect()
}

fn formula_weights(tensors: &[(String, Vec<usize>)]) -> TensorMap {
    tensors.iter().map(|(key, shape)| (key.clone(), formula::tensor(key, shape))).collect()
}

fn assert_logits(config: &ResNetConfig, weights: TensorMap, expected: &Value) {
    let device = Device::flex();
    let (model, _) = load_state_dict(config.init(0, &device), weights).expect("torchvision's keys");
    let input = formula::tensor("input", &shape(&expected["input"]));
    let logits = model.forward(Tensor::from_data(input, &device)).into_data();
    let wanted = expected["logits"].as_array().expect("rows").iter().flat_map(|row| {
        row.as_array().expect("a row").iter().map(|v| v.as_f64().expect("a number") as f32)
    });
    for (index, (got, wanted)) in logits.iter::<f32>().zip(wanted).enumerate() {
        assert!((got - wanted).abs() < TOLERANCE, "logit {index}: {got}, PyTorch has {wanted}");
    }
}

fn check(size: usize) {
    let golden = &golden()["models"][format!("resnet{size}")];
    let config = ResNetConfig::new(size).expect("a torchvision network");

    let full = config.init(0, &Device::flex());
    assert_eq!(full.num_trainable_params() as u64, golden["parameters"].as_u64().expect("count"));
    drop(full);

    let config = config.with_num_classes(10);
    let theirs = torchvision_tensors(golden);
    let ours = state_dict(&config.init(0, &Device::flex()));
    let mut expected = theirs.clone();
    expected.sort();
    let ours: Vec<_> =
        ours.iter().map(|(key, data)| (key.clone(), data.shape().to_vec())).collect();
    assert_eq!(ours, expected);
    assert_logits(&config, formula_weights(&theirs), golden);
}

#[test]
fn resnet18_is_torchvisions() {
    check(18);
}

#[test]
fn resnet34_is_torchvisions() {
    check(34);
}

#[test]
fn resnet50_is_torchvisions() {
    check(50);
}

#[test]
fn resnet101_is_torchvisions() {
    check(101);
}

#[test]
fn resnet152_is_torchvisions() {
    check(152);
}

#[test]
fn the_small_stem_computes_what_the_usual_change_to_torchvision_does() {
    let golden = golden();
    let config = ResNetConfig::new(18).expect("18").with_num_classes(10).with_stem(Stem::Small);
    let mut tensors = torchvision_tensors(&golden["models"]["resnet18"]);
    let stem = tensors.iter_mut().find(|(key, _)| key == "conv1.weight").expect("a stem");
    stem.1 = vec![64, 3, 3, 3];
    assert_logits(&config, formula_weights(&tensors), &golden["small_stem"]["resnet18"]);
}
