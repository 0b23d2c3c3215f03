//! Rules, clipping and losses against PyTorch and timm; the numbers come from
//! `tests/golden/optimizers.py`.

use burn::module::{Module, Param};
use burn::tensor::{Device, Int, Tensor, TensorData};
use resnet_recipe::{Clip, Loss, LossKind, Optimizer as Settings, Rule, presets};
use resnet_train::criterion::Criterion;
use resnet_train::gradients::GradientMap;
use resnet_train::loss::Targets;
use resnet_train::optimizer::Optimizer;
use serde_json::Value;

#[derive(Module, Debug)]
struct Pair {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

/// The generator's formula.
fn numbers(count: usize, phase: f64, scale: f64) -> Vec<f32> {
    (0..count).map(|i| (scale * (1.7 * i as f64 + phase).sin()) as f32).collect()
}

fn tensor<const D: usize>(values: Vec<f32>, shape: [usize; D], device: &Device) -> Tensor<D> {
    Tensor::from_data(TensorData::new(values, shape), device)
}

fn golden() -> Value {
    serde_json::from_str(include_str!("../golden/optimizers.json")).expect("JSON")
}

fn floats(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn pair(from_zero: bool, device: &Device) -> Pair {
    let weight = if from_zero { vec![0.0; 10] } else { numbers(10, 0.3, 1.0) };
    Pair {
        weight: Param::from_tensor(tensor(weight, [2, 5], device)),
        bias: Param::from_tensor(tensor(numbers(2, 0.9, 1.0), [2], device)),
    }
}

fn values(pair: &Pair) -> Vec<f64> {
    let weight: Vec<f64> = pair.weight.val().into_data().iter::<f64>().collect();
    let bias: Vec<f64> = pair.bias.val().into_data().iter::<f64>().collect();
    [weight, bias].concat()
}

fn close(what: &str, got: &[f64], wanted: &[f64], tolerance: f64) {
    assert_eq!(got.len(), wanted.len(), "{what}");
    for (got, wanted) in got.iter().zip(wanted) {
        let off = (got - wanted).abs();
        assert!(off < tolerance * wanted.abs().max(0.1), "{what}: {got}, PyTorch has {wanted}");
    }
}

/// The generator's 20 steps; the state goes through a checkpoint in the middle.
fn check(name: &str, rule: Rule, clip: Clip) {
    let settings = Settings { weight_decay: 0.05, accumulate: 1, clip, layer_decay: 1.0, rule };
    let device = Device::flex().autodiff();
    let mut optimizer = Optimizer::new(&settings);
    let mut model = pair(name.ends_with("_from_zero"), &device);
    let mut wanted = golden()["steps"][name].as_array().expect(name).clone().into_iter();
    for step in 0..20_u64 {
        let mut gradients = GradientMap::default();
        let inner = Device::flex();
        gradients.insert("weight", tensor(numbers(10, step as f64, 1.5), [10], &inner));
        gradients.insert("bias", tensor(numbers(2, 2.0 * step as f64, 1.0), [2], &inner));
        let lr = 0.02 * (1 + step % 3) as f64;
        model = optimizer.step(step, lr, model, gradients);
        if step == 9 {
            let saved = optimizer.state();
            optimizer = Optimizer::new(&settings);
            optimizer.load_state(saved, &inner);
        }
        if [0, 4].contains(&(step % 5)) {
            let wanted = floats(&wanted.next().expect("a golden step"));
            close(&format!("{name}, step {step}"), &values(&model), &wanted, 1e-5);
        }
    }
}

const SGD: Rule = Rule::Sgd { momentum: 0.9, nesterov: false };
const LAMB: Rule = Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 };
const LARS: Rule = Rule::Lars { momentum: 0.9, trust: 0.02 };

#[test]
fn sgd_steps_as_in_pytorch() {
    check("sgd", SGD, Clip::Off);
}

#[test]
fn clipping_by_the_norm_of_all_gradients_is_pytorchs() {
    let rule = Rule::Sgd { momentum: 0.9, nesterov: true };
    check("nesterov_norm_clip", rule, Clip::Norm(0.5));
}

#[test]
fn clipping_by_filter_is_timms() {
    check("adaptive_clip", SGD, Clip::Adaptive(0.1));
    check("adaptive_clip_from_zero", SGD, Clip::Adaptive(0.1));
}

#[test]
fn adamw_steps_as_in_pytorch() {
    check("adamw", Rule::Adamw { betas: (0.9, 0.99), eps: 1e-8 }, Clip::Off);
}

#[test]
fn lamb_steps_as_in_timm() {
    check("lamb", LAMB, Clip::Off);
    check("lamb_from_zero", LAMB, Clip::Off);
}

#[test]
fn lars_steps_as_in_timm() {
    check("lars", LARS, Clip::Off);
    check("lars_from_zero", LARS, Clip::Off);
}

#[test]
fn lion_steps_as_in_timm() {
    check("lion", Rule::Lion { betas: (0.9, 0.99) }, Clip::Off);
}

fn loss(kind: LossKind, label_smoothing: f64, mixed: bool) -> Vec<f64> {
    let device = Device::flex();
    let logits = tensor(numbers(12, 0.2, 3.0), [3, 4], &device);
    let labels = |labels: [i32; 3]| Tensor::<1, Int>::from_ints(labels, &device);
    let mixed_in = mixed.then(|| (labels([3, 2, 0]), 0.3));
    let targets = Targets { labels: labels([0, 2, 3]), mixed_in };
    let mut recipe = presets::fashion_mnist_sample();
    recipe.loss = Loss { kind, label_smoothing, ..Loss::default() };
    let criterion = Criterion::new(&recipe, &[], &device).expect("a loss");
    criterion.without_teacher(logits, targets).into_data().iter::<f64>().collect()
}

#[test]
fn losses_of_single_and_mixed_labels_are_pytorchs() {
    let golden = &golden()["losses"];
    for (name, kind, smoothing, mixed) in [
        ("mixed_cross_entropy", LossKind::CrossEntropy, 0.1, true),
        ("binary_cross_entropy", LossKind::BinaryCrossEntropy, 0.0, false),
        ("mixed_binary_cross_entropy", LossKind::BinaryCrossEntropy, 0.1, true),
    ] {
        close(name, &loss(kind, smoothing, mixed), &floats(&golden[name]), 1e-6);
    }
}
