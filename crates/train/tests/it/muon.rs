//! Muon against PyTorch; the numbers come from `tests/golden/optimizers.py`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};
use resnet_recipe::{Clip, Optimizer as Settings, Rule};
use resnet_train::gradients::GradientMap;
use resnet_train::optimizer::Optimizer;
use serde_json::Value;

#[derive(Module, Debug)]
struct Network {
    conv: Param<Tensor<4>>,
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// The generator's formula.
fn numbers<const D: usize>(
    shape: [usize; D],
    phase: f64,
    scale: f64,
    device: &Device,
) -> Tensor<D> {
    let count = shape.iter().product();
    let values: Vec<f32> =
        (0..count).map(|i| (scale * (1.7 * i as f64 + phase).sin()) as f32).collect();
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn network(shape: [usize; 4], device: &Device) -> Network {
    Network {
        conv: Param::from_tensor(numbers(shape, 0.3, 1.0, device)),
        weight: Param::from_tensor(numbers([2, 5], 0.3, 1.0, device)),
        bias: Param::from_tensor(numbers([2], 0.9, 1.0, device)),
    }
}

fn gradients(shape: [usize; 4], step: u64, device: &Device) -> GradientMap {
    let (mut gradients, step, count) =
        (GradientMap::default(), step as f64, shape.iter().product());
    gradients.insert("conv", numbers([count], 0.5 * step, 1.5, device));
    gradients.insert("weight", numbers([10], step, 1.5, device));
    gradients.insert("bias", numbers([2], 2.0 * step, 1.0, device));
    gradients
}

fn values(network: &Network) -> Vec<f64> {
    let Network { conv, weight, bias } = network;
    [conv.val().into_data(), weight.val().into_data(), bias.val().into_data()]
        .iter()
        .flat_map(|data| data.iter::<f64>().collect::<Vec<_>>())
        .collect()
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

/// The generator's 20 steps; the state goes through a checkpoint in the middle.
fn check(name: &str, nesterov: bool) {
    let golden: Value =
        serde_json::from_str(include_str!("../golden/optimizers.json")).expect("JSON");
    let golden = &golden["muon"][name];
    let shape = floats(&golden["shape"]);
    let shape = std::array::from_fn(|axis| shape[axis] as usize);
    let rule = Rule::Muon { momentum: 0.95, nesterov, betas: (0.9, 0.99), eps: 1e-8 };
    let (weight_decay, clip) = (0.05, Clip::Off);
    let settings = Settings { weight_decay, accumulate: 1, clip, layer_decay: 1.0, rule };
    let (device, inner) = (Device::flex().autodiff(), Device::flex());
    let (mut optimizer, mut model) = (Optimizer::new(&settings), network(shape, &device));
    let mut wanted = golden["steps"].as_array().expect(name).iter();
    for step in 0..20_u64 {
        let lr = 0.02 * (1 + step % 3) as f64;
        model = optimizer.step(step, lr, model, gradients(shape, step, &inner));
        if step == 9 {
            let saved = optimizer.state();
            assert_eq!(saved.len(), 7, "{:?}", saved.keys());
            optimizer = Optimizer::new(&settings);
            optimizer.load_state(saved, &inner);
        }
        if [0, 4].contains(&(step % 5)) {
            let wanted = floats(wanted.next().expect("a golden step"));
            for (got, wanted) in std::iter::zip(values(&model), wanted) {
                let off = (got - wanted).abs();
                // The iteration magnifies the rounding of small singular values up to five hundred times.
                let most = 1e-4 * wanted.abs().max(0.1);
                assert!(off < most, "{name}, step {step}: {got}, PyTorch has {wanted}");
            }
        }
    }
}

#[test]
fn muon_steps_as_in_pytorch() {
    check("nesterov", true);
    check("plain", false);
}

#[test]
fn what_adam_has_left_of_a_convolution_is_passed_over_by_muon() {
    let shape = [3, 2, 2, 2];
    let device = Device::flex();
    let settings = |rule| Settings {
        weight_decay: 0.0,
        accumulate: 1,
        clip: Clip::Off,
        layer_decay: 1.0,
        rule,
    };
    let mut adam = Optimizer::new(&settings(Rule::Adamw { betas: (0.9, 0.99), eps: 1e-8 }));
    let model = adam.step(0, 0.1, network(shape, &device), gradients(shape, 0, &device));
    let rule = Rule::Muon { momentum: 0.95, nesterov: true, betas: (0.9, 0.99), eps: 1e-8 };
    let after = |mut muon: Optimizer| {
        let model = muon.step(1, 0.1, model.clone(), gradients(shape, 1, &device));
        model.conv.val().into_data()
    };
    let mut taken_over = Optimizer::new(&settings(rule));
    taken_over.load_state(adam.state(), &device);
    assert_eq!(after(taken_over), after(Optimizer::new(&settings(rule))));
}
