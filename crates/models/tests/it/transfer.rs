//! Networks for another task: heads, frozen parts, parameter rules, folding.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use resnet_models::{
    Classifier, Drops, Part, ResNet, ResNetConfig, Version, load_state_dict, param_rules,
    set_learning, state_dict,
};

use crate::formula;

fn images(device: &Device) -> Tensor<4> {
    Tensor::from_data(formula::tensor("input", &[2, 3, 32, 32]), device)
}

/// A small network whose running statistics are not those of a fresh one.
fn lived_in(config: &ResNetConfig, device: &Device) -> ResNet {
    let model = config.init(0, device);
    let weights = state_dict(&model);
    let weights = weights.into_iter().map(|(key, data)| {
        let data = formula::tensor(&key, data.shape());
        (key, data)
    });
    load_state_dict(model, weights.collect()).expect("the same keys").0
}

#[test]
fn folding_keeps_the_logits() {
    let device = Device::flex();
    let plain = ResNetConfig::cifar(1);
    let configs = [
        plain.clone(),
        plain.clone().d(),
        plain.clone().squeeze_excite(0.25).blur(),
        plain.with_version(Version::V2),
        ResNetConfig::imagenet(resnet_models::BlockKind::Bottleneck, [1, 1, 1, 1]),
    ];
    for config in configs {
        let model = lived_in(&config, &device);
        let before = model.forward(images(&device));
        let tensors = state_dict(&model).len();
        let folded = model.fold_batch_norm();
        assert!(state_dict(&folded).len() < tensors);
        let largest = before.clone().abs().max().into_scalar::<f32>();
        let off = (folded.forward(images(&device)) - before).abs().max().into_scalar::<f32>();
        assert!(off < 1e-5 * largest.max(1.0), "{off} of {largest} with {config:?}");
    }
}

#[test]
fn frozen_parts_get_no_gradient_and_keep_their_statistics() {
    let device = Device::flex().autodiff();
    let model = lived_in(&ResNetConfig::cifar(1), &device);
    // Frozen once more than it stays: what is unfrozen learns again.
    let model = model.freeze_until(Part::Layer4);
    let model = set_learning(model, Part::Layer3..=Part::Head, true);
    let before = state_dict(&model.valid());
    let gradients = model.forward(images(&device)).sum().backward();
    let after = state_dict(&model.valid());
    let moved: Vec<_> = after.keys().filter(|key| before[*key] != after[*key]).collect();
    assert!(!moved.is_empty());
    assert!(moved.iter().all(|key| key.starts_with("layer3.")), "{moved:?}");

    let mut learning = LearningKeys { path: Default::default(), gradients, keys: Vec::new() };
    model.visit(&mut learning);
    let expected = |key: &String| key.starts_with("layer3.") || key.starts_with("fc.");
    assert!(!learning.keys.is_empty() && learning.keys.iter().all(expected), "{:?}", learning.keys);
}

struct LearningKeys {
    path: resnet_models::ModulePath,
    gradients: burn::tensor::Gradients,
    keys: Vec<String>,
}

impl burn::module::ModuleVisitor for LearningKeys {
    fn enter_module(&mut self, name: &str, container_type: &str) {
        self.path.enter(name, container_type);
    }

    fn exit_module(&mut self, _name: &str, container_type: &str) {
        self.path.exit(container_type);
    }

    fn visit_float<const D: usize>(&mut self, param: &burn::module::Param<Tensor<D>>) {
        if param.val().grad(&self.gradients).is_some() {
            self.keys.push(self.path.key());
        }
    }
}

#[test]
fn a_new_head_keeps_the_other_weights() {
    let device = Device::flex();
    let model = ResNetConfig::cifar(1).init(0, &device);
    let before = state_dict(&model);
    let after = state_dict(&model.reset_head(7, 1));
    assert_eq!(after["fc.weight"].shape().to_vec(), [7, 64]);
    assert!(before.iter().all(|(key, data)| key.starts_with("fc.") || after[key] == *data));
}

#[test]
fn a_fresh_classifier_is_drawn_as_the_networks_own() {
    let device = Device::flex();
    let bias = |version| {
        let model = ResNetConfig::cifar(1).with_version(version).init(0, &device);
        state_dict(&model.reset_head(7, 1))["fc.bias"].iter::<f32>().collect::<Vec<_>>()
    };
    assert!(bias(Version::V2).iter().all(|&value| value == 0.0), "timm's zeros");
    assert!(bias(Version::V1_5).iter().all(|&value| value != 0.0), "PyTorch's default");
}

#[test]
fn rules_tell_decay_and_rate_of_every_parameter() {
    let model = ResNetConfig::cifar(1).d().with_version(Version::V2).init(0, &Device::flex());
    let rules = param_rules(&model, 0.5);
    assert_eq!(rules.len(), state_dict(&model).keys().filter(|k| !k.contains("running_")).count());
    for (key, decays, factor) in [
        ("fc.weight", true, 1.0),
        ("fc.bias", false, 1.0),
        ("norm.weight", false, 0.5),
        ("layer3.0.conv1.weight", true, 0.25),
        ("layer1.0.bn1.bias", false, 0.0625),
        ("conv1.3.weight", true, 0.03125),
    ] {
        assert_eq!((rules[key].decays, rules[key].lr_factor), (decays, factor), "{key}");
    }
}

#[test]
fn a_network_of_ones_own_trains_like_a_resnet() {
    #[derive(Module, Debug)]
    struct TwoViews {
        body: ResNet,
    }
    impl Classifier for TwoViews {
        fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2> {
            let mirrored = images_bchw.clone().flip([3]);
            self.body.forward(images_bchw) + self.body.forward(mirrored)
        }
    }
    let device = Device::flex();
    let model = TwoViews { body: ResNetConfig::cifar(1).init(0, &device) };
    let logits = model.logits(images(&device));
    let mut drops = Drops::new(0, 0);
    assert_eq!(model.train_logits(images(&device), &mut drops).into_data(), logits.into_data());
    assert!(state_dict(&model).contains_key("body.layer1.0.conv1.weight"));
}
