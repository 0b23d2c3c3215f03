//! Twenty steps of the bundled sample's preset: loader, augmentation, network, loss, rule and schedule together
//! lead to the committed losses.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{stderr, train_imagenet};

/// How far a loss may be off. Another processor sums in another order, and rounding errors grow: a rate that is larger
/// by five ten-millionths changes the tenth loss by 2e-7, the twentieth by 8e-4.
fn tolerance(step: usize) -> f64 {
    if step < 10 { 1e-4 } else { 1e-2 }
}

#[test]
fn twenty_steps_of_the_sample_have_the_committed_losses() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/loss_curve.json");
    let golden: Value =
        serde_json::from_str(&fs::read_to_string(path).expect("a file")).expect("JSON");
    let model = tempfile::tempdir().expect("a folder");
    let folder = model.path().to_str().expect("UTF-8");
    let flags = ["--model-dir", folder, "--device", "cpu", "--log-every", "1", "--max-steps", "20"];
    let output = train_imagenet(&flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = fs::read_to_string(model.path().join("metrics.jsonl")).expect("metrics");
    let lines = text.lines().map(|line| serde_json::from_str::<Value>(line).expect("JSON"));
    let steps = lines.filter(|line| line["event"] == "step");
    let losses: Vec<f64> =
        steps.map(|step| step["train"]["cross_entropy"].as_f64().expect("a number")).collect();
    let wanted = golden["losses"].as_array().expect("losses").iter().map(Value::as_f64);
    assert_eq!(losses.len(), 20);
    for (step, (loss, wanted)) in losses.iter().zip(wanted).enumerate() {
        let off = wanted.map(|wanted| (loss / wanted - 1.0).abs());
        assert!(
            off < Some(tolerance(step)),
            "step {step}: {loss}, not {wanted:?}; all: {losses:?}"
        );
    }
}
