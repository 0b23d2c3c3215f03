//! Grad-CAM against autograd in PyTorch; the numbers come from `tests/golden/grad_cam.py`.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use resnet_models::{Activation, BlockKind, Pooling, ResNetConfig, Version, state_dict};
use serde_json::Value;

use crate::formula;
use crate::support::by_formula;

fn golden() -> Value {
    let golden: Value =
        serde_json::from_str(include_str!("../golden/grad_cam.json")).expect("JSON");
    golden["cases"].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn shape(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|n| n as usize).collect()
}

fn check(name: &str, config: ResNetConfig) {
    let config = config.with_num_classes(10);
    let (golden, device) = (golden()[name].clone(), Device::flex());
    let input = formula::tensor("input", &shape(&golden["input"]));
    let classes: Vec<i32> = numbers(&golden["classes"]).iter().map(|&c| c as i32).collect();
    let classes = TensorData::new(classes.clone(), [classes.len()]);
    let classes = Tensor::<1, Int>::from_data(classes, &device);
    let model = by_formula(&config, &device);
    let heat = model.grad_cam(Tensor::from_data(input.clone(), &device), classes.clone());
    assert_eq!(heat.dims().to_vec(), shape(&golden["shape"]), "{name}");
    let wanted = numbers(&golden["heat"]);
    let largest = wanted.iter().copied().fold(0.0, f64::max);
    assert!(largest > 0.0, "{name}: nothing to compare");
    let heat: Vec<f64> = heat.into_data().iter::<f64>().collect();
    for (index, (got, wanted)) in heat.iter().zip(&wanted).enumerate() {
        let off = (got - wanted).abs() / largest;
        assert!(off < 1e-4, "{name}: place {index} is {got}, not {wanted}");
    }
    // A network in training is asked as one for inference, and learns nothing from it.
    let (before, training) = (state_dict(&model), model.train());
    let again = training.grad_cam(Tensor::from_data(input, &device), classes);
    assert_eq!(again.into_data().iter::<f64>().collect::<Vec<_>>(), heat, "{name}");
    assert_eq!(state_dict(&training.valid()), before, "{name}");
}

fn bottlenecks() -> ResNetConfig {
    ResNetConfig::imagenet(BlockKind::Bottleneck, [2, 1, 1, 1])
}

#[test]
fn heat_maps_are_pytorchs() {
    check("d", bottlenecks().d());
    check("cifar", ResNetConfig::cifar(1));
}

#[test]
fn heat_maps_of_other_pooling_are_pytorchs() {
    let silu = bottlenecks().with_in_channels(1).with_activation(Activation::Silu);
    check("silu_gray", silu.with_pooling(Pooling::AverageMax));
    let basic = ResNetConfig::imagenet(BlockKind::Basic, [2, 1, 1, 1]).with_in_channels(4);
    let gelu = basic.with_activation(Activation::Gelu);
    check("gelu_cat", gelu.with_pooling(Pooling::Concatenated));
}

#[test]
fn heat_maps_of_version_2_are_pytorchs() {
    check("v2", bottlenecks().with_version(Version::V2).with_activation(Activation::Silu));
}
