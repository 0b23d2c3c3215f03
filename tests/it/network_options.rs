//! A network with options of a recipe, from training to everything that is made of the run.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use resnet::data::{ImageRecords, LabelRange, Split};
use resnet::models::{Activation, AntiAlias, NormKind, Pooling, tensors};
use resnet::training::transforms::validation_transform;
use resnet::{DeviceChoice, Trained, choose_device, evaluate_run};
use serde_json::Value;

use crate::support::{example, slice_of_sample, small_run, stderr, stdout, train_imagenet};

const OPTIONS: [&str; 6] = [
    "model.stem_width=24",
    "model.norm.group.groups=8",
    "model.activation=silu",
    "model.anti_alias=blur",
    "model.pooling=concatenated",
    "model.attention.squeeze-excite.ratio=0.25",
];

fn train(folder: &Path, more: &[&str]) -> std::process::Output {
    let (data, model) = (folder.join("data"), folder.join("model"));
    let options = OPTIONS.iter().flat_map(|option| ["--set", option]);
    let flags: Vec<&str> = small_run(&data, &model).into_iter().chain(options).collect();
    train_imagenet(&[&flags[..], more].concat())
}

fn text(path: &Path) -> String {
    path.to_str().expect("UTF-8").to_owned()
}

/// Share of right answers in the run's last evaluation.
fn accuracy(model: &Path) -> f64 {
    let lines = fs::read_to_string(model.join("metrics.jsonl")).expect("metrics");
    let lines: Vec<Value> = lines.lines().filter_map(|l| serde_json::from_str(l).ok()).collect();
    let epoch = lines.iter().rfind(|line| line["event"] == "epoch").expect("an epoch");
    epoch["validation"]["averages"]["top1"].as_f64().expect("an accuracy")
}

#[test]
fn the_same_network_is_resumed_evaluated_asked_and_exported() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("data")).expect("made");
    slice_of_sample(&folder.path().join("data"));
    for more in [&["--max-steps", "4"][..], &[]] {
        let output = train(folder.path(), more);
        assert!(output.status.success(), "{}", stderr(&output));
    }
    let model = folder.path().join("model");
    let chosen = choose_device(DeviceChoice::Cpu).expect("a CPU");
    let trained = Trained::from_run(&model, &chosen.device).expect("a run");
    let config = resnet::training::config(&trained.recipe).expect("a network");
    assert_eq!((config.stem_width, config.norm), (24, NormKind::Group { groups: 8 }));
    assert_eq!((config.activation, config.pooling), (Activation::Silu, Pooling::Concatenated));
    assert_eq!(config.anti_alias, Some(AntiAlias::Blur));
    let labels = LabelRange::imagenet(10);
    let images = ImageRecords::open(&folder.path().join("data"), Split::Validation, labels);
    let (evaluation, _) =
        evaluate_run(&model, Arc::new(images.expect("images")), 1, &chosen).expect("evaluated");
    assert_eq!(evaluation.averages.top1, accuracy(&model), "the same network, the same answers");

    let [model, weights, onnx] =
        ["model", "w.safetensors", "n.onnx"].map(|name| text(&folder.path().join(name)));
    let output = example("export_weights", &["--model-dir", &model, "--out", &weights]);
    assert!(output.status.success(), "{}", stderr(&output));
    let exported = tensors::read(Path::new(&weights)).expect("weights");
    assert_eq!(exported["conv1.weight"].shape().to_vec(), [24, 3, 3, 3]);
    assert_eq!(exported["fc.weight"].shape().to_vec(), [10, 128]);
    assert!(exported.contains_key("layer1.0.se.fc1.weight"), "{:?}", exported.keys());
    let card = fs::read_to_string(folder.path().join("w.md")).expect("a model card");
    assert!(card.contains("activation = \"silu\""), "{card}");
    let data = &trained.recipe.data;
    let input = format!("3 channels, {0}×{0} pixels", data.validation_side());
    assert!(card.contains(&input) && card.contains(&format!("mean {:?}", data.mean)), "{card}");
    assert!(card.contains(&validation_transform(&trained.recipe).to_string()), "{card}");
    let output = example("export_onnx", &["--model-dir", &model, &onnx]);
    assert!(output.status.success(), "{}", stderr(&output));
    let picture = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/images/report.png");
    let output = example("predict", &["--model-dir", &model, "--device", "cpu", "--json", picture]);
    assert!(output.status.success(), "{}{}", stdout(&output), stderr(&output));
}
