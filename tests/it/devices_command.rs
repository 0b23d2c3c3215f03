//! The program `devices`, as a person runs it on new hardware.

#[path = "../../examples/devices/distance.rs"]
mod distance;

use burn::tensor::TensorData;
use serde_json::Value;

use crate::support::{example, stderr, stdout};
use distance::Distance;

fn survey(arguments: &[&str]) -> (Value, Option<i32>) {
    let output = example("devices", arguments);
    let json = serde_json::from_str(&stdout(&output)).unwrap_or_else(|error| {
        panic!("{error} in {}\n{}", stdout(&output), stderr(&output));
    });
    assert!(!stderr(&output).contains("Trying"), "{}", stderr(&output));
    (json, output.status.code())
}

#[test]
fn the_cpu_is_listed_with_memory_types_and_a_smoke_step() {
    let (whole, code) = survey(&["--json"]);
    assert_eq!(code, Some(0));
    let devices = whole["devices"].as_array().expect("a list");
    let cpu = devices.iter().find(|entry| entry["device"] == "cpu").expect("the CPU");
    let facts = &cpu["facts"];
    assert!(facts["float_types"].as_array().expect("a list").contains(&"f32".into()), "{facts}");
    assert!(facts["memory_bytes"].as_u64() > Some(1 << 28), "{facts}");
    assert!(facts["smoke_step_seconds"]["first"].as_f64() > Some(0.0), "{facts}");
    assert!(whole["auto"]["reason"].is_string(), "{whole}");
    let output = example("devices", &[]);
    assert!(stderr(&output).contains("Trying cpu ..."), "{}", stderr(&output));
    let text = stdout(&output);
    assert!(text.contains("--device auto takes: ") && text.contains("smoke step"), "{text}");
}

/// Our kernels against Burn's own operations: two independent ways to compute the same.
#[test]
fn the_cpu_computes_what_it_computes_without_our_kernels() {
    let arguments = ["--check", "--device", "cpu", "--trials", "8:16:4,18:32:4", "--json"];
    let (whole, code) = survey(&[&arguments[..], &["--without-convolutions"]].concat());
    assert_eq!(code, Some(0), "{whole:#}");
    let results = whole["devices"][0]["checks"][0]["results"].as_array().expect("a list");
    assert_eq!(results.len(), 2, "{whole:#}");
    for result in results {
        let error = result["gradients"]["error"].as_f64().expect("a number");
        // Nothing but rounding, but rounding: the two are not the same code.
        assert!(error > 0.0 && error < 0.02, "{result:#}");
    }
}

/// Also through kernels that Burn chose itself and kept on the disk.
#[cfg(feature = "wgpu")]
#[test]
fn a_gpu_computes_what_the_cpu_computes_with_a_cold_and_with_a_warm_cache() {
    let arguments = ["--check", "--device", "wgpu:0", "--trials", "8:16:4", "--json"];
    let (whole, code) = survey(&[&arguments[..], &["--without-convolutions"]].concat());
    let device = &whole["devices"][0];
    if let Some(error) = device["error"].as_str().filter(|error| error.contains("driver")) {
        eprintln!("SKIPPED: {error}");
        return;
    }
    assert_eq!(code, Some(0), "{whole:#}");
    let caches = device["checks"].as_array().expect("a list").iter();
    let caches: Vec<_> = caches.map(|check| check["results"].as_array().map(Vec::len)).collect();
    assert_eq!(caches, [Some(1), Some(1)], "{whole:#}");
}

#[test]
fn a_device_that_is_not_there_is_a_sentence_and_a_failure() {
    let (whole, code) = survey(&["--device", "cuda:7", "--json"]);
    assert_eq!(code, Some(1));
    let error = whole["devices"][0]["error"].as_str().expect("a reason");
    assert!(error.contains("--device auto"), "{error}");
    let output = example("devices", &["--trials", "50:224"]);
    assert!(stderr(&output).contains("write LAYERS:PIXELS:BATCH"), "{}", stderr(&output));
}

#[test]
fn a_device_that_does_not_answer_in_time_is_left_behind() {
    let arguments =
        ["--check", "--device", "cpu", "--trials", "50:224:8", "--timeout", "1", "--json"];
    let (whole, code) = survey(&arguments);
    assert_eq!(code, Some(1));
    let entry = &whole["devices"][0];
    let error = entry["error"].as_str().or(entry["checks"][0]["error"].as_str());
    assert!(error.is_some_and(|error| error.contains("no answer in 1 s")), "{whole:#}");
}

#[test]
fn what_a_device_lacks_or_has_in_another_shape_is_never_right() {
    let expected = TensorData::from([1.0_f32, 2.0]);
    let same = Distance::between(&expected, &expected);
    assert_eq!(same.relative(), 0.0);
    let nothing = TensorData::zeros::<f32, _>([0]);
    for distance in [Distance::between(&nothing, &expected), Distance::of(None, &expected)] {
        assert!(distance.relative().is_nan());
        let mut sum = same;
        sum.add(distance);
        assert!(sum.relative().is_nan(), "what is there does not make it right");
    }
    assert!(Distance::of(Some(&expected), &expected).relative() == 0.0);
}
