//! ONNX files: every family of networks is run by onnxruntime and compared with our own logits.

use std::fs;
use std::path::Path;
use std::process::Command;

use burn::tensor::{Device, Tensor, TensorData};
use resnet_models::onnx::{self, OnnxOptions};
use resnet_models::{ResNet, ResNetConfig, Shortcut, by_name};

use crate::support::by_formula;
use crate::{families, formula};

/// The interpreter in `RESNET_PYTHON`, where it has onnxruntime: other tests need TensorFlow alone.
fn python() -> Option<std::ffi::OsString> {
    let python = std::env::var_os("RESNET_PYTHON")?;
    let asked = Command::new(&python).args(["-c", "import onnx, onnxruntime"]).output();
    asked.is_ok_and(|output| output.status.success()).then_some(python)
}

/// Writes the network, an input and the logits of the input for the script.
fn write_case(folder: &Path, name: &str, model: &ResNet, shape: [usize; 4], fixed: bool) {
    let input = formula::tensor("input", &shape);
    let bytes =
        |data: &TensorData| data.iter::<f32>().flat_map(f32::to_le_bytes).collect::<Vec<_>>();
    fs::write(folder.join(format!("{name}.input")), bytes(&input)).expect("written");
    let logits = model.forward(Tensor::from_data(input, &Device::flex())).into_data();
    fs::write(folder.join(format!("{name}.logits")), bytes(&logits)).expect("written");
    fs::write(folder.join(format!("{name}.shape")), format!("{shape:?}")).expect("written");
    let image_size = fixed.then_some([shape[2], shape[3]]);
    let notes = [("classes".to_owned(), "a, b".to_owned())].into();
    let options = OnnxOptions { image_size, notes };
    onnx::write(&folder.join(format!("{name}.onnx")), model, &options).expect("written");
}

fn compare(folder: &Path, python: &std::ffi::OsStr) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/peers/run_onnx.py");
    let output = Command::new(python).arg(script).arg(folder).output().expect("python");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    eprint!("{}", text(&output.stdout));
}

#[test]
fn onnxruntime_computes_our_logits_for_every_family_folded_or_not() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter with onnx and onnxruntime");
        return;
    };
    let device = Device::flex();
    for (name, config) in families::all() {
        let folder = tempfile::tempdir().expect("a folder");
        let model = by_formula(&config, &device);
        // Odd sizes where the network takes them: there edges matter.
        let [h, w] = match name {
            "average" => [32, 64],
            _ => [43, 50],
        };
        write_case(folder.path(), name, &model, [3, config.in_channels, h, w], false);
        let folded = format!("{name}-folded");
        let model = model.fold_batch_norm();
        write_case(folder.path(), &folded, &model, [1, config.in_channels, h, w], true);
        compare(folder.path(), &python);
    }
}

#[test]
fn onnxruntime_computes_our_logits_of_a_whole_network() {
    let Some(python) = python() else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter with onnx and onnxruntime");
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    for name in ["resnet50", "resnet110_cifar"] {
        let config = by_name(name).expect("a network").config;
        let model = by_formula(&config, &Device::flex());
        write_case(folder.path(), name, &model, [2, 3, 64, 64], false);
    }
    let padded = ResNetConfig::cifar(3).with_shortcut(Shortcut::Pad);
    write_case(
        folder.path(),
        "padded",
        &by_formula(&padded, &Device::flex()),
        [2, 3, 33, 32],
        false,
    );
    compare(folder.path(), &python);
}

#[test]
fn a_file_that_cannot_be_written_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("missing/net.onnx");
    let model = ResNetConfig::cifar(1).init(0, &Device::flex());
    let error = onnx::write(&path, &model, &OnnxOptions::default()).expect_err("no folder");
    assert!(error.to_string().contains("missing/net.onnx: cannot write"), "{error}");
}
