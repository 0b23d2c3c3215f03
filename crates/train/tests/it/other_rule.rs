//! A run that goes on with another rule of the optimizer: what the first one has left is passed over.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor};
use resnet_models::tensors::TensorMap;
use resnet_recipe::{Clip, Optimizer as Settings, Rule, Span};
use resnet_train::checkpoint;
use resnet_train::gradients::GradientMap;
use resnet_train::optimizer::Optimizer;
use resnet_train::run::RunOptions;

use crate::sample::{files, recipe, run};

const SGD: Rule = Rule::Sgd { momentum: 0.9, nesterov: false };
const ADAMW: Rule = Rule::Adamw { betas: (0.9, 0.999), eps: 1e-8 };
const LAMB: Rule = Rule::Lamb { betas: (0.9, 0.999), eps: 1e-6 };
const LARS: Rule = Rule::Lars { momentum: 0.9, trust: 0.02 };
const LION: Rule = Rule::Lion { betas: (0.9, 0.99) };
const MUON: Rule = Rule::Muon { momentum: 0.95, nesterov: true, betas: (0.9, 0.999), eps: 1e-8 };

#[derive(Module, Debug)]
struct Linear {
    weight: Param<Tensor<2>>,
    bias: Param<Tensor<1>>,
}

fn optimizer(rule: Rule) -> Optimizer {
    let (weight_decay, clip) = (0.05, Clip::Off);
    Optimizer::new(&Settings { weight_decay, accumulate: 1, clip, layer_decay: 1.0, rule })
}

/// The weights after `steps` from the first of these on.
fn weights(mut optimizer: Optimizer, steps: std::ops::Range<u64>) -> (Vec<f64>, TensorMap) {
    let device = Device::flex();
    let weight = Param::from_tensor(Tensor::from_floats([[0.5, -1.0], [2.0, 0.1]], &device));
    let bias = Param::from_tensor(Tensor::from_floats([0.3, -0.7], &device));
    let mut model = Linear { weight, bias };
    for step in steps {
        let mut gradients = GradientMap::default();
        let away = 0.1 * step as f64;
        // Negative ones: a mean of them that was taken for one of squares would have no root.
        let gradient = Tensor::<1>::from_floats([-0.4, 0.2, -0.1, 0.3], &device);
        gradients.insert("weight", gradient.sub_scalar(away));
        gradients.insert("bias", Tensor::<1>::from_floats([-0.2, 0.6], &device).sub_scalar(away));
        model = optimizer.step(step, 0.01, model, gradients);
    }
    let values = [model.weight.val().into_data(), model.bias.val().into_data()];
    (
        values.iter().flat_map(|data| data.iter::<f64>().collect::<Vec<_>>()).collect(),
        optimizer.state(),
    )
}

#[test]
fn a_rule_of_other_slots_begins_anew_with_its_corrections() {
    let changes =
        [(LION, ADAMW), (LION, LAMB), (LION, MUON), (SGD, LAMB), (SGD, MUON), (ADAMW, SGD)];
    for (before, rule) in changes {
        let (_, left) = weights(optimizer(before), 0..7);
        assert!(!left.is_empty(), "{before:?} remembers something");
        let mut taken_over = optimizer(rule);
        taken_over.load_state(left, &Device::flex());
        let found = weights(taken_over, 7..9);
        assert!(found == weights(optimizer(rule), 7..9), "from {before:?} to {rule:?}");
    }
}

/// Two runs that differ in nothing but what SGD remembers: the steps have the length zero.
#[test]
fn a_run_passes_over_what_another_rule_calls_by_the_same_name() {
    let folders = [0.9, 0.3].map(|momentum| {
        let folder = tempfile::tempdir().expect("a folder");
        let mut recipe = recipe();
        recipe.optimizer.rule = Rule::Sgd { momentum, nesterov: false };
        (recipe.schedule.base_lr, recipe.schedule.min_lr) = (0.0, 0.0);
        recipe.schedule.warmup.length = Span::Epochs(0.0);
        let options = RunOptions { max_steps: Some(3), ..RunOptions::new(folder.path()) };
        let first = run(&recipe, &options).expect("trains").checkpoint.expect("one");
        let left = checkpoint::load(&first).expect("whole").learner.optimizer;
        recipe.optimizer.rule = LARS;
        let options = RunOptions { max_steps: Some(4), ..options };
        let second = run(&recipe, &options).expect("goes on").checkpoint.expect("one");
        (files(&second), left, folder)
    });
    let [(one, of_one, _), (other, of_other, _)] = &folders;
    assert!(of_one != of_other, "SGD remembers the same");
    assert!(one == other, "LARS goes on with what SGD has left");
}
