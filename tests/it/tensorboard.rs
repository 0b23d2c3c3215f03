//! What the real TensorBoard reads of a run. Needs a Python with the package `tensorboard`, named by
//! the variable `RESNET_PYTHON`; without it the test says that it was skipped.

use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{slice_of_sample, small_run, stderr, train_imagenet};

#[test]
fn tensorboard_reads_everything_of_a_run() {
    let Some(python) = std::env::var_os("RESNET_PYTHON") else {
        eprintln!("SKIPPED: set RESNET_PYTHON to a Python that has the package tensorboard");
        return;
    };
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--log-every", "5", "--histograms"]);
    let output = train_imagenet(&flags);
    assert!(output.status.success(), "{}", stderr(&output));

    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers/read_events.py");
    let output = Command::new(python).arg(script).arg(model.path()).output().expect("Python");
    assert!(output.status.success(), "{}", stderr(&output));
    let read: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    let train = &read["."];
    for tag in [
        "loss",
        "cross_entropy",
        "l2_loss",
        "learning_rate",
        "train_accuracy",
        "train_accuracy_top_5",
        "images_per_second",
        "global_step/sec",
    ] {
        let steps: Vec<&Value> =
            train[tag].as_array().into_iter().flatten().map(|point| &point[0]).collect();
        assert_eq!(steps, [5, 10], "{tag} in {train}");
    }
    for tag in ["loss", "accuracy", "accuracy_top_5"] {
        assert_eq!(read["eval"][tag][0][0], 10, "{tag} in {read}");
    }
    check_what_is_to_be_looked_at(&read);
    assert_eq!(recorded_loss(model.path()), train["cross_entropy"][1][1].as_f64().map(as_f32));
}

/// Pictures, histograms and the table of hyper-parameters.
fn check_what_is_to_be_looked_at(read: &Value) {
    let (train, eval) = (&read["."], &read["eval"]);
    assert_eq!(train["memory_bytes"].as_array().map(Vec::len), Some(2));
    let point = &train["training_images"][0];
    assert_eq!((&point[0], &point[1]), (&0.into(), &serde_json::json!([122, 122, true])));
    assert_eq!(eval["confusion_matrix"], serde_json::json!([[10, [320, 320, true]]]));
    let weights = &train["weights/fc.weight"][0];
    let images_of_bins = weights[1].as_array().expect("bins").iter().map(|bin| bin[2].as_f64());
    assert_eq!((weights[0].as_u64(), images_of_bins.sum()), (Some(10), Some(640.0)));
    let gradients = &train["gradients/fc.weight"];
    assert_eq!(gradients.as_array().map(Vec::len), Some(1), "{train}");
    let bins = gradients[0][1].as_array().expect("bins");
    let count: f64 = bins.iter().filter_map(|bin| bin[2].as_f64()).sum();
    assert_eq!((gradients[0][0].as_u64(), count), (Some(10), 640.0));
    assert!(bins.iter().all(|bin| bin[0].as_f64().is_some_and(|edge| edge.abs() < 10.0)));
    assert!(
        train.get("gradients/bn1.running_mean").is_none()
            && train.get("gradients/fc.bias").is_some()
    );
    let hparams = &eval["_hparams_/session_start_info"][0][1];
    assert_eq!(
        (&hparams["model.name"], &hparams["train.epochs"]),
        (&"resnet8".into(), &1.0.into())
    );
    let metrics = serde_json::json!(["accuracy", "accuracy_top_5", "loss"]);
    assert_eq!(eval["_hparams_/experiment"][0][1], metrics);
}

/// The last training loss in `metrics.jsonl`, at the precision of event files.
fn recorded_loss(model: &Path) -> Option<f64> {
    let text = std::fs::read_to_string(model.join("metrics.jsonl")).ok()?;
    let mut lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let last = lines.rfind(|line| line["event"] == "step")?;
    last["train"]["cross_entropy"].as_f64().map(as_f32)
}

fn as_f32(value: f64) -> f64 {
    f64::from(value as f32)
}
