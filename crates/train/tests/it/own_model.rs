//! A network of one's own, trained by the whole engine.

use burn::module::{Module, Param};
use burn::nn::conv::{Conv2d, Conv2dConfig};
use burn::nn::{Linear, LinearConfig};
use burn::tensor::activation::relu;
use burn::tensor::{Device, Int, Tensor};
use resnet_models::{Classifier, ResNetConfig};
use resnet_recipe::{Fanout, FreezeUntil, Precision};
use resnet_train::checkpoint;
use resnet_train::run::{RunOptions, train_model};
use resnet_train::{NetworkError, TrainError};

use crate::sample::{cpu, files, images, recipe};

#[derive(Module, Debug)]
pub(crate) struct Tiny {
    conv: Conv2d,
    classifier: Linear,
}

impl Classifier for Tiny {
    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        let features = relu(self.conv.forward(images_bchw));
        let [batch, channels, height, width] = features.dims();
        let means = features.reshape([batch, channels, height * width]).mean_dim(2);
        self.classifier.forward(means.reshape([batch, channels]))
    }
}

/// Weights by a formula: Burn's generator is shared with tests that run at the same time.
pub(crate) fn tiny(device: &Device) -> Result<Tiny, TrainError> {
    let waves = |count: i64| Tensor::<1, Int>::arange(0..count, device).float().sin();
    let mut conv = Conv2dConfig::new([3, 8], [3, 3]).with_stride([2, 2]).init(device);
    conv.weight = Param::from_tensor(waves(216).mul_scalar(0.2).reshape([8, 3, 3, 3]));
    conv.bias = Some(Param::from_tensor(Tensor::zeros([8], device)));
    let mut classifier = LinearConfig::new(8, 10).init(device);
    classifier.weight = Param::from_tensor(waves(80).mul_scalar(0.3).reshape([8, 10]));
    classifier.bias = Some(Param::from_tensor(Tensor::zeros([10], device)));
    Ok(Tiny { conv, classifier })
}

#[test]
fn freezing_all_of_it_is_refused() {
    let mut recipe = recipe();
    recipe.model.freeze_until = Some(FreezeUntil::Stem);
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    let sink = &mut Fanout::default();
    let error = train_model(&tiny, &recipe, &images(), &options, &cpu(), sink).expect_err("frozen");
    assert!(error.to_string().contains("nothing would learn"), "{error}");
}

#[test]
fn images_that_it_does_not_take_end_the_run_before_it_begins() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    let grey = |device: &Device| {
        Ok(ResNetConfig::cifar(1).with_in_channels(1).with_num_classes(10).init(0, device))
    };
    let sink = &mut Fanout::default();
    let error = train_model(&grey, &recipe(), &images(), &options, &cpu(), sink).expect_err("grey");
    let text = error.to_string();
    assert!(matches!(error, TrainError::Network(NetworkError::Images(_))), "{text}");
    assert!(text.contains("[batch, 1, height, width]") && text.contains("data.channels"), "{text}");
}

#[test]
fn floats_that_it_does_not_take_are_refused() {
    let mut recipe = recipe();
    recipe.train.precision = Precision::Bf16;
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    let sink = &mut Fanout::default();
    let error = train_model(&tiny, &recipe, &images(), &options, &cpu(), sink).expect_err("bf16");
    assert!(error.to_string().contains("this network does not compute"), "{error}");
}

#[test]
fn it_trains_resumes_and_is_kept_by_its_own_names() {
    let folders = [tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder")];
    let run = |index: usize, max_steps| {
        let options = RunOptions { max_steps, ..RunOptions::new(folders[index].path()) };
        let sink = &mut Fanout::default();
        train_model(&tiny, &recipe(), &images(), &options, &cpu(), sink).expect("trains")
    };
    let whole = run(0, None);
    assert!(whole.complete && whole.last.and_then(|epoch| epoch.validation).is_some());
    assert!(!run(1, Some(6)).complete);
    let resumed = run(1, None);
    let [whole, resumed] = [whole.checkpoint, resumed.checkpoint].map(|c| c.expect("one"));
    assert!(files(&whole) == files(&resumed), "resuming changed something");
    let saved = checkpoint::load(&whole).expect("whole").learner.model;
    let keys: Vec<&str> = saved.keys().map(String::as_str).collect();
    assert_eq!(keys, ["classifier.bias", "classifier.weight", "conv.bias", "conv.weight"]);
}

/// A network that is too large for its device.
#[derive(Module, Debug)]
struct TooLarge {
    body: Tiny,
}

impl Classifier for TooLarge {
    fn logits(&self, images_bchw: Tensor<4>) -> Tensor<2> {
        let logits = self.body.logits(images_bchw);
        if logits.device().is_autodiff() {
            panic!("CUDA_ERROR_OUT_OF_MEMORY: out of memory");
        }
        logits
    }
}

#[test]
fn a_device_without_room_ends_the_run_with_what_to_change() {
    let folder = tempfile::tempdir().expect("a folder");
    let options = RunOptions::new(folder.path());
    let mut recipe = recipe();
    recipe.optimizer.accumulate = 2;
    let network = |device: &Device| Ok(TooLarge { body: tiny(device)? });
    let sink = &mut Fanout::default();
    let error =
        train_model(&network, &recipe, &images(), &options, &cpu(), sink).expect_err("full");
    let text = error.to_string();
    assert!(matches!(error, TrainError::OutOfMemory { images: 2, .. }), "{text}");
    assert!(text.contains("--batch-size 2") && text.contains("accumulate=4"), "{text}");
}
