//! Tensor files and state dicts.

use std::fs;

use burn::tensor::{Device, TensorData};
use resnet_models::{ResNetConfig, load_state_dict, state_dict, tensors};

fn network(classes: usize) -> ResNetConfig {
    ResNetConfig::new(8).expect("a small network").with_num_classes(classes)
}

#[test]
fn a_model_survives_its_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    let device = Device::flex();
    let weights = state_dict(&network(10).init(1, &device));
    tensors::write(&path, &weights).expect("written");
    let read = tensors::read(&path).expect("read");
    let (model, report) = load_state_dict(network(10).init(2, &device), read).expect("fits");
    assert!(report.is_exact());
    assert_eq!(state_dict(&model), weights);
}

#[test]
fn equal_tensors_make_equal_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let weights = state_dict(&network(10).init(1, &Device::flex()));
    let written = |name: &str| {
        let path = folder.path().join(name);
        tensors::write(&path, &weights).expect("written");
        fs::read(path).expect("read")
    };
    assert_eq!(written("a"), written("b"));
}

#[test]
fn another_number_of_classes_is_reported_with_both_shapes() {
    let device = Device::flex();
    let weights = state_dict(&network(10).init(1, &device));
    let error = load_state_dict(network(7).init(1, &device), weights).expect_err("7 is not 10");
    assert_eq!(error.report.wrong_shape.len(), 2, "weight and bias of the classifier");
    assert!(error.to_string().contains("`fc.weight` is [7, 64]"), "{error}");
}

#[test]
fn missing_and_unexpected_tensors_are_both_named() {
    let device = Device::flex();
    let mut weights = state_dict(&network(10).init(1, &device));
    weights.remove("bn1.bias");
    weights.insert("bn9.bias".to_owned(), TensorData::new(vec![0.0_f32], [1]));
    let error = load_state_dict(network(10).init(1, &device), weights).expect_err("renamed");
    assert_eq!(error.report.missing, ["bn1.bias"]);
    assert_eq!(error.report.unexpected, ["bn9.bias"]);
}

#[test]
fn a_truncated_file_is_an_error_that_names_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("model.safetensors");
    tensors::write(&path, &state_dict(&network(10).init(1, &Device::flex()))).expect("written");
    let bytes = fs::read(&path).expect("read");
    for length in [0, 7, 100, bytes.len() - 1] {
        fs::write(&path, &bytes[..length]).expect("truncated");
        let error = tensors::read(&path).expect_err("truncated");
        assert!(error.to_string().contains("model.safetensors"), "{error}");
    }
}
