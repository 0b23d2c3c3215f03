//! Training steps against PyTorch; the numbers come from `tests/golden/generate.py`.
//!
//! A rounding error in one place moves later steps: the golden file says by how much PyTorch's own
//! results move under other kernels, in f64 and with every weight nudged by one bit (`noise`). Each
//! comparison allows ten times the worst of these.

use burn::module::Module;
use burn::tensor::{Device, Int, Tensor, TensorData};
use resnet_models::tensors::TensorMap;
use resnet_models::{ResNetConfig, Stem, load_state_dict, state_dict};
use resnet_recipe::{Clip, Rule, Totals};
use resnet_train::gradients::GradientMap;
use resnet_train::input::DeviceBatch;
use resnet_train::loss::cross_entropy;
use resnet_train::meter::Meter;
use resnet_train::optimizer::Optimizer;
use serde_json::Value;

use crate::formula;

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

struct Case {
    golden: Value,
    device: Device,
}

impl Case {
    fn load(name: &str) -> Self {
        let all: Value = serde_json::from_str(include_str!("../golden/sgd.json")).expect("JSON");
        Self { golden: all["cases"][name].clone(), device: Device::flex().autodiff() }
    }

    fn number(&self, key: &str) -> f64 {
        self.golden[key].as_f64().expect(key)
    }

    /// Ten times the worst of PyTorch's own deviations, and never less than a few bits.
    fn tolerance(&self, quantity: &str, step: Option<usize>) -> f64 {
        let variants = self.golden["noise"].as_object().expect("variants");
        let noise = variants.values().map(|variant| match step {
            Some(step) => numbers(&variant[quantity])[step],
            None => variant[quantity].as_f64().expect(quantity),
        });
        10.0 * noise.fold(2e-7, f64::max)
    }

    fn config(&self) -> ResNetConfig {
        let arch = self.golden["arch"].as_str().expect("arch");
        let size = arch.trim_start_matches("resnet").parse().expect("a size");
        let small = self.golden["small_stem"].as_bool().expect("a flag");
        let stem = if small { Stem::Small } else { Stem::ImageNet };
        ResNetConfig::new(size).expect("a network").with_num_classes(10).with_stem(stem)
    }

    /// The formula's weights; the last normalisation of each block scaled as the generator does.
    fn weights(&self) -> TensorMap {
        let mut weights = state_dict(&self.config().init(0, &Device::flex()));
        let last = if self.config().block.expansion() == 4 { ".bn3.weight" } else { ".bn2.weight" };
        let scale = self.number("residual_scale") as f32;
        for (key, data) in &mut weights {
            *data = formula::tensor(key, data.shape());
            if key.starts_with("layer") && key.ends_with(last) {
                let scaled: Vec<f32> = data.iter::<f32>().map(|v| v * scale).collect();
                *data = TensorData::new(scaled, data.shape().clone());
            }
        }
        weights
    }

    fn batch(&self) -> DeviceBatch {
        let shape: Vec<usize> =
            numbers(&self.golden["input"]).into_iter().map(|n| n as usize).collect();
        let labels: Vec<i32> =
            numbers(&self.golden["labels"]).into_iter().map(|n| n as i32).collect();
        let slots = labels.len();
        DeviceBatch {
            images: Tensor::from_data(formula::tensor("input", &shape), &self.device),
            labels: Tensor::<1, Int>::from_data(TensorData::new(labels, [slots]), &self.device),
            weights: Tensor::ones([slots], &self.device),
            examples: slots as f64,
        }
    }

    fn check(&self) {
        let weights = self.weights();
        let model = self.config().init(0, &self.device);
        let (mut model, _) = load_state_dict(model, weights.clone()).expect("fits");
        let nesterov = self.golden["nesterov"].as_bool().expect("a flag");
        let mut sgd = Optimizer::new(&resnet_recipe::Optimizer {
            weight_decay: self.number("weight_decay"),
            accumulate: 1,
            clip: Clip::Off,
            layer_decay: 1.0,
            rule: Rule::Sgd { momentum: 0.9, nesterov },
        });
        let l2 = f64::from(sgd.l2_loss(&model, &Device::flex()).into_scalar::<f32>());
        close("l2_penalty", l2, self.number("l2_penalty"), 1e-5);
        let batch = self.batch();
        let rates = numbers(&self.golden["lr"]);
        for (step, &lr) in rates.iter().enumerate() {
            let logits = model.forward(batch.images.clone());
            let loss = cross_entropy(logits.clone(), batch.labels.clone(), 0.1).mean();
            self.check_step(step, &batch, logits.inner(), loss.clone().inner());
            let gradients = GradientMap::collect(&model, &mut loss.backward());
            model = sgd.step(step as u64, lr, model, gradients);
            if step == 0 {
                self.check_gradients(&sgd.state(), &weights);
                self.check_state("after_first", &state_dict(&model.valid()));
            }
        }
        self.check_state("after_last", &state_dict(&model.valid()));
    }

    fn check_step(&self, step: usize, batch: &DeviceBatch, logits: Tensor<2>, loss: Tensor<1>) {
        let golden = &self.golden["steps"][step];
        let wanted = |key: &str| golden[key].as_f64().expect("a number");
        let loss = f64::from(loss.into_scalar::<f32>());
        close(&format!("loss {step}"), loss, wanted("loss"), self.tolerance("loss", Some(step)));
        let mut meter = Meter::default();
        let labels = batch.labels.clone().inner();
        meter.add(cross_entropy(logits.clone(), labels, 0.0), logits, batch);
        let totals: Totals = meter.take()[0];
        let plain = totals.cross_entropy / totals.examples;
        let tolerance = self.tolerance("cross_entropy", Some(step));
        close(&format!("cross entropy {step}"), plain, wanted("cross_entropy"), tolerance);
        assert_eq!((totals.top1, totals.top5), (wanted("top1"), wanted("top5")), "step {step}");
    }

    /// After one step the velocity is the gradient plus the weight decay.
    fn check_gradients(&self, velocity: &TensorMap, before: &TensorMap) {
        let tolerance = self.tolerance("grad_norms", None);
        for (key, wanted) in self.golden["grad_norms"].as_object().expect("norms") {
            let decays = before[key].shape().len() > 1;
            let decay = if decays { self.number("weight_decay") } else { 0.0 };
            let velocity = &velocity[&format!("momentum_buffer/{key}")];
            let gradient = velocity.iter::<f64>().zip(before[key].iter::<f64>());
            let norm = norm(gradient.map(|(v, w)| v - decay * w));
            close(&format!("gradient of {key}"), norm, wanted.as_f64().expect("norm"), tolerance);
        }
    }

    /// Norm and first four values of every parameter and buffer.
    fn check_state(&self, when: &str, state: &TensorMap) {
        let golden = self.golden[when].as_object().expect("tensors");
        assert_eq!(state.len(), golden.len(), "{when}: number of tensors");
        let norms = self.tolerance(&format!("{when}_norms"), None);
        let values = self.tolerance(&format!("{when}_values"), None);
        for (key, wanted) in golden {
            let wanted = numbers(wanted);
            let data: Vec<f64> = state[key].iter::<f64>().collect();
            close(&format!("{when}: norm of {key}"), norm(data.iter().copied()), wanted[0], norms);
            let rms = wanted[0] / (data.len() as f64).sqrt();
            for (index, (got, wanted)) in data.iter().zip(&wanted[1..]).enumerate() {
                let off = (got - wanted).abs() / rms;
                assert!(off < values, "{when}: {key}[{index}] is {got}, PyTorch has {wanted}");
            }
        }
    }
}

fn norm(values: impl Iterator<Item = f64>) -> f64 {
    values.map(|v| v * v).sum::<f64>().sqrt()
}

fn close(what: &str, got: f64, wanted: f64, tolerance: f64) {
    let off = (got - wanted).abs() / wanted.abs().max(1e-12);
    assert!(off < tolerance, "{what}: {got}, PyTorch has {wanted}; off by {off:e} > {tolerance:e}");
}

#[test]
fn resnet18_trains_as_in_pytorch() {
    Case::load("small_stem_resnet18").check();
}

#[test]
fn weight_decay_meets_the_weights_it_meets_in_pytorch() {
    Case::load("strong_decay_resnet18").check();
}

#[test]
fn resnet50_with_nesterov_trains_as_in_pytorch() {
    Case::load("resnet50").check();
}
