//! Weights in and out of runs, as a person gives them to the programs.

use std::fs;
use std::path::Path;
use std::process::Command;

use resnet::models::weights::Weights;
use resnet::models::{by_name, tensors};
use serde_json::Value;

use crate::support::{example, slice_of_sample, small_run, stdout, train_imagenet};

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

fn stderr(output: &std::process::Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A run of two steps on `data`.
fn trained(data: &Path, model: &Path, more: &[&str]) -> std::process::Output {
    let mut flags = small_run(data, model);
    flags.extend(["--max-steps", "2"]);
    flags.extend(more);
    train_imagenet(&flags)
}

#[test]
fn a_run_begins_with_weights_of_another_and_leaves_some_for_others() {
    let folder = tempfile::tempdir().expect("a folder");
    let [data, first, second] = ["data", "first", "second"].map(|name| folder.path().join(name));
    fs::create_dir(&data).expect("a folder");
    slice_of_sample(&data);
    let output = trained(&data, &first, &[]);
    assert!(output.status.success(), "{}", stderr(&output));

    let file = folder.path().join("half.safetensors");
    let classes = folder.path().join("classes.txt");
    fs::write(&classes, "a|b\n".to_owned() + &"other\n".repeat(9)).expect("written");
    let (run, out, names) = (text(&first), text(&file), text(&classes));
    let flags = ["--model-dir", run, "--out", out, "--dtype", "f16", "--classes", names];
    let output = example("export_weights", &flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let card = fs::read_to_string(folder.path().join("half.md")).expect("a card");
    for part in ["f16", "| parameters | ", "28×28", "| 0 | a\\|b |", "resnet8", "640 images"] {
        assert!(card.contains(part), "{part} is missing:\n{card}");
    }

    let output = trained(&data, &second, &["--pretrained", text(&file)]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("half.safetensors: 47 tensors loaded."),
        "{}",
        stdout(&output)
    );
    let metrics = fs::read_to_string(second.join("metrics.jsonl")).expect("metrics");
    let line = metrics.lines().find(|line| line.contains("initial_weights")).expect("an event");
    let event: Value = serde_json::from_str(line).expect("JSON");
    assert_eq!(event["path"], text(&file));

    // With a learning rate of next to nothing, the run ends where the file began.
    let third = folder.path().join("third");
    let still = ["--pretrained", text(&file), "--set", "schedule.base_lr=1e-12"];
    assert!(trained(&data, &third, &still).status.success());
    let exported = folder.path().join("same.safetensors");
    let flags = ["--model-dir", text(&third), "--out", text(&exported)];
    assert!(example("export_weights", &flags).status.success());
    let [before, after] = [&file, &exported].map(|path| Weights::read(path).expect("weights"));
    let key = "layer3.0.conv2.weight";
    let pairs = before.tensors()[key].iter::<f32>().zip(after.tensors()[key].iter::<f32>());
    let off = pairs.map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    assert!(off < 1e-6, "{off}");
}

#[test]
fn weights_that_cannot_be_had_or_do_not_fit_are_errors_with_a_remedy() {
    let folder = tempfile::tempdir().expect("a folder");
    let [data, model, cache] = ["data", "model", "cache"].map(|name| folder.path().join(name));
    fs::create_dir(&data).expect("a folder");
    slice_of_sample(&data);
    let said = |weights: &str| {
        let output =
            trained(&data, &model, &["--pretrained", weights, "--cache-dir", text(&cache)]);
        assert_eq!(output.status.code(), Some(1), "{}", stdout(&output));
        stderr(&output)
    };
    assert!(said("resnet49").contains("did you mean"));
    assert!(said("missing.pth").contains("missing.pth: there is no such file"));
    let foreign = folder.path().join("resnet18.safetensors");
    let device = resnet::choose_device(resnet::DeviceChoice::Cpu).expect("the CPU").device;
    let config = by_name("resnet18").expect("a network").config;
    tensors::write(&foreign, &resnet::models::state_dict(&config.init(0, &device)))
        .expect("written");
    let error = said(text(&foreign));
    assert!(
        error.contains("another architecture") && error.contains("resnet18.safetensors"),
        "{error}"
    );
    assert!(!model.join("checkpoints").exists(), "nothing was begun");
}

#[cfg(not(feature = "download"))]
#[test]
fn without_a_network_the_address_and_the_place_are_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    fs::create_dir(&data).expect("a folder");
    slice_of_sample(&data);
    let cache = folder.path().join("cache");
    let flags = ["--pretrained", "resnet50", "--cache-dir", text(&cache)];
    let error = stderr(&trained(&data, &model, &flags));
    let place = cache.join("resnet50-11ad3fa6.pth");
    for part in
        ["https://download.pytorch.org/models/resnet50-11ad3fa6.pth", text(&place), "download"]
    {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn pytorch_loads_what_is_written_with_strict_true() {
    let Some(python) = std::env::var_os("RESNET_PYTHON") else {
        eprintln!("SKIPPED: RESNET_PYTHON names no interpreter");
        return;
    };
    let imports = "import torch, torchvision, timm, safetensors";
    let has = Command::new(&python).args(["-c", imports]).output().expect("an interpreter");
    if !has.status.success() {
        eprintln!("SKIPPED: RESNET_PYTHON has not all of torch, torchvision, timm and safetensors");
        return;
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().expect("a folder");
    let device = resnet::choose_device(resnet::DeviceChoice::Cpu).expect("the CPU").device;
    for (name, element) in [
        ("resnet18", resnet::models::weights::Element::F32),
        ("resnext50_32x4d", resnet::models::weights::Element::F16),
        ("seresnet50", resnet::models::weights::Element::Bf16),
        ("resnetv2_50d", resnet::models::weights::Element::F32),
    ] {
        let config = by_name(name).expect("a network").config;
        let path = folder.path().join(format!("{name}.safetensors"));
        let weights = resnet::models::state_dict(&config.init(3, &device));
        resnet::models::weights::write(&path, &config, weights, element).expect("written");
        let script = root.join("tests/peers/load_strictly.py");
        let output = Command::new(&python).arg(script).arg(&path).arg(name).output().expect("runs");
        assert!(output.status.success(), "{name}: {}", stderr(&output));
        let said: Value = serde_json::from_slice(&output.stdout).expect("JSON");
        let wanted = element.to_string();
        assert_eq!(said["dtypes"], serde_json::json!([wanted]), "{name}");
    }
}
