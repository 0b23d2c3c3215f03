//! A hundred steps against PyTorch and timm; the numbers come from `tests/golden/traces.py`, which also says how
//! far such a run gets from itself in other floats.

use burn::tensor::{Device, TensorData};
use resnet_data::Batch;
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNetConfig, Stem, load_state_dict, state_dict};
use resnet_recipe::{Decay, Ema, LrScaling, Recipe, Rule, Span, Warmup, presets};
use resnet_train::criterion::Criterion;
use resnet_train::learner::{Learner, StepAt};
use resnet_train::meter::Meter;
use serde_json::Value;

use crate::formula;

const STEPS: u64 = 100;
const SIDE: usize = 16;
const IMAGES: usize = 16;
/// What the project promises of losses and weights.
const PROMISED: f64 = 1e-3;

fn golden(name: &str) -> Value {
    let all: Value = serde_json::from_str(include_str!("../golden/traces.json")).expect("JSON");
    all["cases"][name].clone()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn recipe(golden: &Value, rule: Rule) -> Recipe {
    let mut recipe = presets::fashion_mnist_sample();
    (recipe.data.image_size, recipe.data.validation_resize) = (SIDE, SIDE);
    (recipe.data.mean, recipe.data.std) = ([0.5, 0.45, 0.4], [0.25, 0.3, 0.35]);
    recipe.optimizer.rule = rule;
    recipe.optimizer.weight_decay = golden["weight_decay"].as_f64().expect("a number");
    recipe.schedule.base_lr = golden["lr"].as_f64().expect("a number");
    recipe.schedule.scaling = LrScaling::None;
    recipe.schedule.warmup = Warmup::linear(Span::Steps(5));
    recipe.schedule.decay = Decay::Cosine;
    recipe.ema = Some(Ema { decay: 0.9, every: 1 });
    (recipe.train.epochs, recipe.train.batch_size) = (10, IMAGES);
    recipe
}

/// The generator's weights, each block's last scale an eighth of the formula's.
fn weights(config: &ResNetConfig) -> TensorMap {
    let mut weights = state_dict(&config.init(0, &Device::flex()));
    for (key, data) in &mut weights {
        *data = formula::tensor(key, data.shape());
        if key.ends_with(".bn2.weight") {
            let scaled: Vec<f32> = data.iter::<f32>().map(|value| value * 0.125).collect();
            *data = TensorData::new(scaled, data.shape().clone());
        }
    }
    weights
}

fn learner(recipe: &Recipe) -> Learner {
    let config = ResNetConfig::new(8).expect("a network").with_num_classes(10);
    let config = config.with_stem(Stem::Small);
    let model = config.init(0, &Device::flex().autodiff());
    let (model, _) = load_state_dict(model, weights(&config)).expect("fits");
    let device = Device::flex();
    let criterion = Criterion::new(recipe, &[], &device).expect("a loss");
    Learner::of(model, criterion, recipe, &device).expect("learns")
}

fn batch(number: u64) -> Batch {
    let pixels = formula::uniform(&format!("pixels {number}"), IMAGES * SIDE * SIDE * 3);
    Batch {
        images: pixels.map(|v| ((v + 1.0) * 128.0) as u8).collect(),
        labels: (0..IMAGES as u32).map(|i| (3 * i + number as u32) % 10).collect(),
        weights: vec![1.0; IMAGES],
        height: SIDE,
        width: SIDE,
        ..Batch::default()
    }
}

fn check(name: &str, rule: Rule) {
    let golden = golden(name);
    let recipe = recipe(&golden, rule);
    let schedule = recipe.lr_schedule(STEPS / recipe.train.epochs);
    let mut learner = learner(&recipe);
    for (step, wanted) in (0..STEPS).zip(numbers(&golden["losses"])) {
        let mut meter = Meter::default();
        let at = StepAt { step, lr: schedule.at(step) };
        learner = learner.step(batch(step % 10), at, &mut meter);
        let totals = meter.take()[0];
        let loss = totals.cross_entropy / totals.examples;
        let off = (loss / wanted - 1.0).abs();
        assert!(off < PROMISED, "{name}: loss {step} is {loss}, PyTorch has {wanted}");
    }
    let state = learner.state();
    check_tensors(&format!("{name}, weights"), &state.model, &golden["weights"]);
    check_tensors(&format!("{name}, means"), &state.ema, &golden["means"]);
}

/// Scale, norm, product with the formula's values and first four values of each tensor.
fn check_tensors(what: &str, state: &TensorMap, golden: &Value) {
    let golden = golden.as_object().expect("tensors");
    assert_eq!(state.len(), golden.len(), "{what}");
    for (key, wanted) in golden {
        let wanted = numbers(wanted);
        let values: Vec<f64> = state[key].iter::<f64>().collect();
        let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        let formula = formula::uniform(key, values.len());
        let product: f64 = std::iter::zip(&values, formula).map(|(v, f)| v * f).sum();
        let got = [norm, product].into_iter().chain(values);
        for (got, wanted_value) in got.zip(&wanted[1..]) {
            let off = (got - wanted_value).abs() / wanted[0];
            assert!(off < PROMISED, "{what}: {key} has {got}, PyTorch {wanted_value}");
        }
    }
}

#[test]
fn a_hundred_steps_of_sgd_are_pytorchs() {
    check("sgd", Rule::Sgd { momentum: 0.9, nesterov: false });
}

#[test]
fn a_hundred_steps_of_adamw_are_pytorchs() {
    check("adamw", Rule::Adamw { betas: (0.9, 0.999), eps: 1e-6 });
}

#[test]
fn a_hundred_steps_of_lamb_are_timms() {
    check("lamb", Rule::Lamb { betas: (0.9, 0.999), eps: 1e-5 });
}
