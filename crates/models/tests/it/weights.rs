//! Weights from elsewhere. The files come from `tests/golden/weights.py`, their values from the formula.

use std::path::{Path, PathBuf};

use burn::tensor::{Device, TensorData};
use half::{bf16, f16};
use resnet_models::tensors::{self, TensorMap};
use resnet_models::weights::{Fit, Head, Weights, WeightsError};
use resnet_models::{LoadReport, ResNet, ResNetConfig, Version, by_name, state_dict, timm};
use safetensors::Dtype;
use safetensors::tensor::TensorView;

use crate::formula;

pub(crate) fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/weights").join(name)
}

/// The network of the golden files.
fn config() -> ResNetConfig {
    ResNetConfig { width: 2, stem_width: 2, num_classes: 3, ..ResNetConfig::cifar(1) }
}

fn model() -> ResNet {
    config().init(1, &Device::flex())
}

/// What the golden files hold.
fn expected() -> TensorMap {
    let tensor = |(key, data): (String, TensorData)| {
        let data = formula::tensor(&key, data.shape());
        (key, data)
    };
    state_dict(&model()).into_iter().map(tensor).collect()
}

fn load(name: &str, fit: &Fit) -> Result<(ResNet, LoadReport), WeightsError> {
    Weights::read(&golden(name))?.load(model(), fit)
}

/// Writes `tensors` to a file, and reads it.
fn file_of(tensors: &TensorMap) -> Weights {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    tensors::write(&path, tensors).expect("written");
    Weights::read(&path).expect("read")
}

fn values(data: &TensorData) -> Vec<f32> {
    data.iter().collect()
}

#[test]
fn every_format_gives_the_same_weights() {
    for name in ["zip.pth", "legacy.pth", "wrapped.pth"] {
        let (model, report) = load(name, &Fit::default()).expect(name);
        assert_eq!(state_dict(&model), expected(), "{name}");
        assert!(report.is_exact() && report.loaded.len() == expected().len(), "{name}: {report}");
    }
}

#[test]
fn half_precision_is_widened_exactly() {
    let check = |name: &str, round: fn(f32) -> f32| {
        let weights = Weights::read(&golden(name)).expect(name);
        assert_eq!(weights.tensors().len(), expected().len());
        for (key, data) in expected() {
            let wanted: Vec<f32> = values(&data).into_iter().map(round).collect();
            assert_eq!(values(&weights.tensors()[&key]), wanted, "{name}: {key}");
        }
    };
    check("f16.pth", |value| f16::from_f32(value).to_f32());
    check("bf16.safetensors", |value| bf16::from_f32(value).to_f32());
}

#[test]
fn what_does_not_fit_is_listed_and_nothing_is_loaded() {
    let mut tensors = expected();
    tensors.remove("bn1.bias");
    tensors.insert("extra".to_owned(), TensorData::new(vec![0.0_f32], [1]));
    tensors.insert("fc.bias".to_owned(), TensorData::new(vec![0.0_f32; 5], [5]));
    let error = file_of(&tensors).load(model(), &Fit::default()).expect_err("nothing fits");
    let WeightsError::Fit { source, .. } = &error else { panic!("{error}") };
    assert_eq!(source.report.missing, ["bn1.bias"]);
    assert_eq!(source.report.unexpected, ["extra"]);
    assert_eq!(source.report.wrong_shape, [("fc.bias".to_owned(), vec![3], vec![5])]);
    for part in ["model.safetensors", "bn1.bias", "extra", "[3]", "[5]"] {
        assert!(error.to_string().contains(part), "{error}");
    }
}

#[test]
fn without_strict_the_model_keeps_what_the_file_lacks_but_no_other_shape() {
    let loose = Fit { strict: false, ..Fit::default() };
    let mut tensors = expected();
    tensors.remove("bn1.bias");
    let (loaded, report) = file_of(&tensors).load(model(), &loose).expect("not strict");
    assert_eq!(report.missing, ["bn1.bias"]);
    assert_eq!(state_dict(&loaded)["bn1.bias"], state_dict(&model())["bn1.bias"]);
    assert_eq!(state_dict(&loaded)["conv1.weight"], expected()["conv1.weight"]);
    tensors.insert("fc.bias".to_owned(), TensorData::new(vec![0.0_f32; 5], [5]));
    file_of(&tensors).load(model(), &loose).expect_err("another shape");
    let foreign = TensorMap::from([("a".to_owned(), TensorData::new(vec![0.0_f32], [1]))]);
    file_of(&foreign).load(model(), &loose).expect_err("nothing of it fits");
}

#[test]
fn wrappers_are_taken_off() {
    for wrapper in ["module.", "_orig_mod.module.", "model.", "state_dict.module.pre.", "my.own."] {
        let wrapped = expected().into_iter().map(|(key, data)| (format!("{wrapper}{key}"), data));
        let (model, _) = file_of(&wrapped.collect()).load(model(), &Fit::default()).expect(wrapper);
        assert_eq!(state_dict(&model), expected(), "{wrapper}");
    }
}

/// The expected tensors below `prefix`.
fn below(prefix: &str) -> TensorMap {
    expected().into_iter().map(|(key, data)| (format!("{prefix}{key}"), data)).collect()
}

#[test]
fn a_backbone_is_found_beside_other_parts_and_with_its_classifier() {
    let mut parts = below("model.backbone.");
    for part in ["weight", "bias"] {
        let classifier = parts.remove(&format!("model.backbone.fc.{part}")).expect("a classifier");
        parts.insert(format!("model.fc.{part}"), classifier);
    }
    parts.insert("model.decoder.weight".to_owned(), TensorData::new(vec![0.0_f32], [1]));
    let (model, report) = file_of(&parts).load(model(), &Fit::default()).expect("a part");
    assert_eq!(state_dict(&model), expected());
    assert_eq!(report.ignored, ["model.decoder.weight"]);
}

#[test]
fn of_several_networks_in_a_file_a_prefix_says_which_is_meant() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("both.safetensors");
    let (mut both, key) = (below("student."), "teacher.module.conv1.weight");
    both.extend(below("teacher.module."));
    let zeros = vec![0.0_f32; both[key].num_elements()];
    both.insert(key.to_owned(), TensorData::new(zeros, both[key].shape().clone()));
    tensors::write(&path, &both).expect("written");
    let error = Weights::read(&path).expect_err("which?").to_string();
    for words in ["student. and teacher.module.", "--pretrained-prefix"] {
        assert!(error.contains(words), "{error}");
    }
    for (prefix, is_zero) in [("teacher", true), ("teacher.module.", true), ("student", false)] {
        let weights = Weights::read_below(&path, Some(prefix)).expect(prefix);
        let (model, report) = weights.load(model(), &Fit::default()).expect(prefix);
        let first = values(&state_dict(&model)["conv1.weight"]);
        assert_eq!(first.iter().all(|&value| value == 0.0), is_zero, "{prefix}");
        assert_eq!(report.ignored.len(), expected().len(), "{prefix}");
    }
    let error = Weights::read_below(&path, Some("tutor")).expect_err("no tutor").to_string();
    assert!(error.contains("begin with student, teacher"), "{error}");
}

#[test]
fn running_means_come_before_the_weights_themselves() {
    let mut both = below("model.");
    both.insert("model.conv1.weight".to_owned(), TensorData::new(vec![0.0_f32], [1]));
    both.extend(below("model_ema.module."));
    let (model, _) = file_of(&both).load(model(), &Fit::default()).expect("the running means");
    assert_eq!(state_dict(&model), expected());
}

#[test]
fn a_head_can_be_kept_replaced_or_freed_of_its_background() {
    let seven = ResNetConfig { num_classes: 7, ..config() };
    let two = ResNetConfig { num_classes: 2, ..config() };
    let load = |config: &ResNetConfig, head| {
        let model = config.init(1, &Device::flex());
        let weights = Weights::read(&golden("zip.pth")).expect("read");
        weights.load(model, &Fit { head, ..Fit::default() })
    };
    let error = load(&seven, Head::Exact).expect_err("another number of classes").to_string();
    assert!(error.contains("fresh head"), "{error}");
    for (config, head) in
        [(&seven, Head::Fresh), (&seven, Head::FreshUnlessItFits), (&config(), Head::Fresh)]
    {
        let (model, report) = load(config, head).expect("fits");
        assert_eq!(report.fresh, ["fc.bias", "fc.weight"]);
        let fresh = state_dict(&config.init(1, &Device::flex()));
        assert_eq!(state_dict(&model)["fc.weight"], fresh["fc.weight"]);
        assert_eq!(state_dict(&model)["conv1.weight"], expected()["conv1.weight"]);
    }
    let (kept, report) = load(&config(), Head::FreshUnlessItFits).expect("fits");
    assert!(report.fresh.is_empty() && state_dict(&kept) == expected());
    let (model, _) = load(&two, Head::WithoutBackground).expect("one class less");
    for (key, row) in [("fc.weight", 8), ("fc.bias", 1)] {
        assert_eq!(values(&state_dict(&model)[key]), values(&expected()[key])[row..], "{key}");
    }
}

#[test]
fn the_first_convolution_is_adapted_to_other_channels() {
    let rgb = values(&expected()["conv1.weight"]);
    let channel = |filter: usize, channel: usize| &rgb[(filter * 3 + channel) * 9..][..9];
    let adapted = |channels: usize| {
        let model = ResNetConfig { in_channels: channels, ..config() }.init(1, &Device::flex());
        let fit = Fit { adapt_input: true, ..Fit::default() };
        let weights = Weights::read(&golden("zip.pth")).expect("read");
        let (model, report) = weights.load(model, &fit).expect("adapted");
        let changes =
            if channels == 3 { vec![] } else { vec![("conv1.weight".into(), 3, channels)] };
        assert_eq!(report.adapted, changes);
        values(&state_dict(&model)["conv1.weight"])
    };
    let grey = adapted(1);
    for filter in 0..2 {
        for pixel in 0..9 {
            let sum: f32 = (0..3).map(|c| channel(filter, c)[pixel]).sum();
            assert_eq!(grey[filter * 9 + pixel], sum);
        }
    }
    let five = adapted(5);
    for (index, from) in [0, 1, 2, 0, 1].into_iter().enumerate() {
        let wanted: Vec<f32> = channel(1, from).iter().map(|v| v * (3.0 / 5.0)).collect();
        assert_eq!(five[(5 + index) * 9..][..9], wanted);
    }
    assert_eq!(adapted(3), rgb);
    let other = ResNetConfig { in_channels: 1, ..config() }.init(1, &Device::flex());
    let weights = Weights::read(&golden("zip.pth")).expect("read");
    let error = weights.load(other, &Fit::default()).expect_err("3 is not 1").to_string();
    assert!(error.contains("first convolution"), "{error}");
}

#[test]
fn timms_names_of_version_2_are_understood() {
    for config in [config(), config().d()] {
        let config = config.with_version(Version::V2);
        let ours = state_dict(&config.init(5, &Device::flex()));
        let weights = file_of(&timm::to_resnetv2(&config, ours.clone()));
        let (model, _) =
            weights.load(config.init(1, &Device::flex()), &Fit::default()).expect("timm's names");
        assert_eq!(state_dict(&model), ours);
    }
}

#[test]
fn a_file_with_timms_names_and_other_shapes_is_refused_with_both() {
    let config = config().with_version(Version::V2);
    let mut theirs = timm::to_resnetv2(&config, state_dict(&config.init(5, &Device::flex())));
    let classes = theirs["head.fc.weight"].shape()[0];
    theirs.insert("head.fc.weight".to_owned(), TensorData::zeros::<f32, _>([classes, 2, 3, 3]));
    let huge = format!("stages.{}.blocks.0.conv1.weight", usize::MAX);
    theirs.insert(huge, TensorData::zeros::<f32, _>([1]));
    let weights = file_of(&theirs);
    let error = weights.load(config.init(1, &Device::flex()), &Fit::default()).expect_err("3 × 3");
    assert!(error.to_string().contains("fc.weight"), "{error}");
}

#[test]
fn tensors_of_integers_are_left_out() {
    let integers = [1_i32, 2, 3].map(i32::to_le_bytes).concat();
    let ones = 1.0_f32.to_le_bytes();
    let views = [
        ("counter", TensorView::new(Dtype::I32, vec![3], &integers)),
        ("mask", TensorView::new(Dtype::BOOL, vec![2], &[0, 1])),
        ("weight", TensorView::new(Dtype::F32, vec![1], &ones)),
    ];
    let views = views.map(|(name, view)| (name, view.expect("a view")));
    let bytes = safetensors::serialize(views, None).expect("bytes");
    let weights = Weights::from_bytes(&bytes, Path::new("a.safetensors")).expect("read");
    assert_eq!(weights.tensors().keys().collect::<Vec<_>>(), ["weight"]);
}

#[test]
fn a_value_that_is_not_finite_is_named_with_its_place() {
    let mut tensors = expected();
    let mut broken = values(&tensors["layer2.0.conv1.weight"]);
    broken[(2 * 2 + 1) * 9 + 5] = f32::NAN;
    tensors.insert("layer2.0.conv1.weight".to_owned(), TensorData::new(broken, [4, 2, 3, 3]));
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("broken.safetensors");
    tensors::write(&path, &tensors).expect("written");
    let error = Weights::read(&path).expect_err("NaN").to_string();
    assert!(error.contains("broken.safetensors"), "{error}");
    assert!(error.contains("`layer2.0.conv1.weight` holds NaN at [2, 1, 1, 2]"), "{error}");
}

#[test]
fn hostile_files_are_errors_that_say_why() {
    for (name, why) in [
        ("code.pth", "system`; nothing of it was executed"),
        ("expanded.pth", "268435456 values"),
        ("overlapping.safetensors", "invalid offset for tensor `b`"),
        ("outside.safetensors", "not a complete safetensors file"),
        ("overflowing.safetensors", "not a complete safetensors file"),
        ("gigantic-header.safetensors", "not a complete safetensors file"),
    ] {
        let error = Weights::read(&golden(name)).expect_err(name).to_string();
        assert!(error.contains(name) && error.contains(why), "{name}: {error}");
    }
    assert!(!Path::new("/tmp/executed-by-a-file-of-weights").exists());
}

#[test]
fn other_files_are_errors_that_name_them() {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, content) in
        [("empty.pth", &b""[..]), ("text.pth", b"hello"), ("zip.pth", b"PK\x03\x04"), ("a", b"}.")]
    {
        let path = folder.path().join(name);
        std::fs::write(&path, content).expect("written");
        let error = Weights::read(&path).expect_err(name).to_string();
        assert!(error.contains(name), "{error}");
    }
    let error = Weights::read(&folder.path().join("none.pth")).expect_err("missing").to_string();
    assert!(error.contains("none.pth"), "{error}");
}

#[test]
fn the_network_is_recognised_by_its_tensors() {
    let device = Device::flex();
    let networks = |config: &ResNetConfig| -> Vec<&str> {
        let weights = file_of(&state_dict(&config.init(0, &device)));
        weights.networks(&device).iter().map(|entry| entry.name).collect()
    };
    for name in ["resnet18", "resnet18d", "seresnet18", "resnetv2_18", "resnet20_cifar"] {
        let entry = by_name(name).expect("a name of the zoo");
        // Neither classes nor channels say anything about it.
        let config = entry.config.with_num_classes(3).with_in_channels(1);
        assert!(networks(&config).contains(&name), "{name}: {:?}", networks(&config));
    }
    // What filters has no weights.
    assert_eq!(networks(&ResNetConfig::resnet18()), ["resnet18", "resnetblur18"]);
    assert!(networks(&ResNetConfig::cifar(1)).is_empty());
}
