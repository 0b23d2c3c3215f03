//! Every family of networks against timm and torchvision: same weights, same feature maps and
//! logits, and after one batch the same loss, gradients and buffers. The numbers come from
//! `tests/golden/families.py`.

use std::collections::BTreeMap;

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Gradients, Int, Tensor, TensorData};
use resnet_models::tensors::TensorMap;
use resnet_models::{
    Activation, AntiAlias, BlockKind, ModulePath, NormKind, Pooling, ResNet, ResNetConfig, Version,
    load_state_dict, state_dict, timm,
};
use serde_json::Value;

use crate::formula;

/// Largest difference of a value to PyTorch's, over the largest value of its tensor; PyTorch's own
/// f32 and f64 gradients differ by up to 1e-5 (`noise` in the golden file).
const TOLERANCE: f64 = 1e-4;

struct Case {
    name: &'static str,
    config: ResNetConfig,
    golden: Value,
}

impl Case {
    fn new(name: &'static str, config: ResNetConfig) -> Self {
        let all: Value =
            serde_json::from_str(include_str!("../golden/families.json")).expect("JSON");
        Self { name, config: config.with_num_classes(10), golden: all["cases"][name].clone() }
    }

    fn golden_tensors(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.golden["tensors"].as_object().expect("tensors").iter()
    }

    fn model(&self, device: &Device) -> ResNet {
        let formula = |(key, summary): (&String, &Value)| {
            (key.clone(), formula::tensor(key, &shape(&summary[0])))
        };
        let mut weights: TensorMap = self.golden_tensors().map(formula).collect();
        if self.config.version == Version::V2 {
            weights = timm::from_resnetv2(&self.config, weights);
        }
        let model = self.config.init(0, device);
        load_state_dict(model, weights).expect("the same keys and shapes").0
    }

    fn input(&self, device: &Device) -> Tensor<4> {
        Tensor::from_data(formula::tensor("input", &shape(&self.golden["input"])), device)
    }

    fn check_inference(&self) {
        let device = Device::flex();
        let model = self.model(&device);
        let logits = model.forward(self.input(&device)).into_data();
        let wanted = numbers(&self.golden["logits"]);
        let largest = wanted.iter().fold(0.0, |max: f64, v| max.max(v.abs()));
        for (index, (got, wanted)) in logits.iter::<f64>().zip(&wanted).enumerate() {
            let off = (got - wanted).abs() / largest;
            assert!(off < TOLERANCE, "{}: logit {index} is {got}, not {wanted}", self.name);
        }
        let maps = model.forward_features(self.input(&device));
        let wanted = self.golden["features"].as_array().expect("feature maps");
        assert_eq!(maps.len(), wanted.len(), "{}: number of feature maps", self.name);
        for (index, (map, wanted)) in maps.into_iter().zip(wanted).enumerate() {
            self.compare(&format!("feature map {index}"), &map.into_data(), wanted);
        }
    }

    fn check_training(&self) {
        let device = Device::flex().autodiff();
        let model = self.model(&device);
        let labels: Vec<i32> =
            numbers(&self.golden["labels"]).iter().map(|&label| label as i32).collect();
        let labels = TensorData::new(labels.clone(), [labels.len()]);
        let labels = Tensor::<1, Int>::from_data(labels, &device);
        let logits = model.forward(self.input(&device));
        let loss = log_softmax(logits, 1).gather(1, labels.unsqueeze_dim(1)).mean().neg();
        let value = f64::from(loss.clone().into_scalar::<f32>());
        let wanted = self.golden["loss"].as_f64().expect("a loss");
        assert!((value / wanted - 1.0).abs() < TOLERANCE, "{}: {value}, not {wanted}", self.name);

        let mut results = state_dict(&model.valid());
        results.extend(gradients(&model, loss.backward()));
        if self.config.version == Version::V2 {
            results = timm::to_resnetv2(&self.config, results);
        }
        for (key, wanted) in self.golden_tensors() {
            self.compare(key, &results[key], wanted);
        }
    }

    /// Shape, norm, first and middle value.
    fn compare(&self, what: &str, got: &TensorData, wanted: &Value) {
        let what = format!("{}: {what}", self.name);
        assert_eq!(got.shape().to_vec(), shape(&wanted[0]), "{what}");
        let values: Vec<f64> = got.iter::<f64>().collect();
        let norm = values.iter().map(|v| v * v).sum::<f64>().sqrt();
        let largest = values.iter().fold(1e-12, |max: f64, v| max.max(v.abs()));
        let number = |index: usize| wanted[index].as_f64().expect("a number");
        let off = (norm - number(1)).abs() / number(1).max(1e-12);
        assert!(off < TOLERANCE, "{what}: norm {norm}, PyTorch has {}", number(1));
        for (got, index) in [(values[0], 2), (values[values.len() / 2], 3)] {
            let off = (got - number(index)).abs() / largest;
            assert!(off < TOLERANCE, "{what}: {got}, PyTorch has {}", number(index));
        }
    }
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|v| v.as_f64().expect("a number")).collect()
}

fn shape(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|n| n as usize).collect()
}

/// The gradients by key; parameters without one are left out.
fn gradients(model: &ResNet, gradients: Gradients) -> BTreeMap<String, TensorData> {
    struct Collect {
        path: ModulePath,
        gradients: Gradients,
        by_key: BTreeMap<String, TensorData>,
    }
    impl ModuleVisitor for Collect {
        fn enter_module(&mut self, name: &str, container_type: &str) {
            self.path.enter(name, container_type);
        }
        fn exit_module(&mut self, _name: &str, container_type: &str) {
            self.path.exit(container_type);
        }
        fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
            if let Some(gradient) = param.val().grad(&self.gradients) {
                self.by_key.insert(self.path.key(), gradient.into_data());
            }
        }
    }
    let mut collect = Collect { path: ModulePath::default(), gradients, by_key: BTreeMap::new() };
    model.visit(&mut collect);
    collect.by_key
}

/// The shallow network of the golden file.
fn bottlenecks() -> ResNetConfig {
    ResNetConfig::imagenet(BlockKind::Bottleneck, [2, 1, 1, 1])
}

fn basic() -> ResNetConfig {
    ResNetConfig::imagenet(BlockKind::Basic, [2, 1, 1, 1])
}

/// One test per case, named as in the golden file.
macro_rules! families {
    ($($name:ident: $config:expr;)*) => {
        $(#[test]
        fn $name() {
            let case = Case::new(stringify!($name), $config);
            case.check_inference();
            case.check_training();
        })*

        /// Every case: its name and its network.
        pub(crate) fn all() -> Vec<(&'static str, ResNetConfig)> {
            vec![$((stringify!($name), $config.with_num_classes(10))),*]
        }

        #[test]
        fn every_case_of_the_golden_file_is_compared() {
            let all: Value =
                serde_json::from_str(include_str!("../golden/families.json")).expect("JSON");
            let mut compared = vec![$(stringify!($name)),*];
            compared.sort_unstable();
            let cases: Vec<_> = all["cases"].as_object().expect("cases").keys().collect();
            assert_eq!(compared, cases);
        }
    };
}

families! {
    v1: bottlenecks().with_version(Version::V1);
    resnext: bottlenecks().resnext(32, 4);
    wide: bottlenecks().with_base_width(128);
    c: bottlenecks().c().with_activation(Activation::Silu);
    d: bottlenecks().d().with_activation(Activation::Silu);
    d_odd: bottlenecks().d().with_activation(Activation::Silu);
    t: bottlenecks().t().with_activation(Activation::Silu);
    se: bottlenecks().squeeze_excite(1.0 / 16.0);
    se_basic: basic().squeeze_excite(1.0 / 16.0);
    eca_d: bottlenecks().d().efficient_attention();
    rs: bottlenecks().rs();
    blur: bottlenecks().blur();
    blur_d_basic_odd: basic().d().blur().with_activation(Activation::Silu);
    average: bottlenecks().with_anti_alias(Some(AntiAlias::Average));
    group_norm: bottlenecks().group_norm().with_activation(Activation::Silu);
    frozen: bottlenecks().with_norm(NormKind::FrozenBatch);
    stride_8: bottlenecks().with_output_stride(8);
    stride_16_d: bottlenecks().d().with_activation(Activation::Silu).with_output_stride(16);
    silu_gray: bottlenecks()
        .with_in_channels(1)
        .with_activation(Activation::Silu)
        .with_pooling(Pooling::AverageMax);
    gelu_cat: basic()
        .with_in_channels(4)
        .with_activation(Activation::Gelu)
        .with_pooling(Pooling::Concatenated);
    v2: bottlenecks().with_version(Version::V2).with_activation(Activation::Silu);
    v2_d: bottlenecks().with_version(Version::V2).d();
    v2_basic: basic().with_version(Version::V2);
    cifar: ResNetConfig::cifar(1);
    wide_cifar: ResNetConfig::wide_cifar(10, 2);
}
