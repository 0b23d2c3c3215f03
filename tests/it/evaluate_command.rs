//! The program `evaluate` on pictures of one's own.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::tempdir;

use crate::support::{example, sample, stderr, stdout};
use crate::wardrobe::{BOOT, SANDAL, SHIRT, findings, save_jpegs, small, text, wardrobe};

#[test]
fn a_held_out_set_is_judged_by_subgroup_and_the_report_goes_on_after_a_second_start() {
    let (folder, runs) = (wardrobe(20), tempdir().expect("a folder"));
    let model_dir = runs.path().join("run");
    for _ in 0..2 {
        // The second time everything is done already; its report tells the whole run all the same.
        let output = small(folder.path(), &model_dir, &["--group-until", "_"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let report = fs::read_to_string(model_dir.join("report.html")).expect("a report");
        assert!(report.contains("Cross-entropy (nats)"), "no curves");
    }

    let mut lines = "path,label,split,patient,hospital\n".to_owned();
    for class in ["boot", "shirt"] {
        for number in 0..20 {
            let hospital = ["north", "south"][number % 2];
            let patient = number / 2;
            lines += &format!(
                "{class}/{class}{patient}_{number}.jpg,{class},test,{class}{patient},{hospital}\n"
            );
        }
    }
    fs::write(folder.path().join("torn.jpg"), "no picture").expect("a file");
    lines += "torn.jpg,boot,test,boot99,north\n";
    let manifest = folder.path().join("held-out.csv");
    fs::write(&manifest, lines).expect("a manifest");
    let out = runs.path().join("judged");
    let flags = ["--model-dir", text(&model_dir), "--data", text(&manifest), "--split", "test"];
    let more = ["--positive", "boot", "--out", text(&out), "--resamples", "50", "--device", "cpu"];
    let by = ["--group", "patient", "--subgroup", "hospital"];
    let output = example("evaluate", &[&flags[..], &more, &by].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("torn.jpg is left out: "), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("40 images of 20 groups"), "{told}");
    assert!(told.contains("hospital north: 20 images"), "{told}");
    let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!(figures["subgroups"][1]["name"], "south");
    assert_eq!(figures["subgroups"][1]["summary"]["examples"], 20);
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    assert!(report.contains("Subgroups by hospital"));

    let renamed = fs::read_to_string(&manifest).expect("read").replace(",boot,", ",shoe,");
    fs::write(&manifest, renamed).expect("a manifest");
    let output = example("evaluate", &[&flags[..], &["--device", "cpu"]].concat());
    let complaint = stderr(&output);
    assert!(complaint.contains("the network tells boot, shirt apart"), "{complaint}");
}

/// A manifest of the test images that `finetune` told of, beside the pictures.
fn test_images(model_dir: &Path, pictures: &Path) -> PathBuf {
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("predictions");
    let mut lines = "path,label,split,group\n".to_owned();
    for line in table.lines().filter(|line| line.starts_with("test,")) {
        let fields: Vec<&str> = line.split(',').collect();
        let path = Path::new(fields[1]).strip_prefix(pictures).expect("below the folder");
        lines += &format!("{},{},test,{}\n", path.display(), fields[3], fields[2]);
    }
    let manifest = pictures.join("test-images.csv");
    fs::write(&manifest, lines).expect("a manifest");
    manifest
}

/// With what was chosen on validation images, the same images have the same figures.
fn is_judged_as_by_finetune(model_dir: &Path, pictures: &Path, more: &[&str]) -> Value {
    let (manifest, out) = (test_images(model_dir, pictures), model_dir.join("judged"));
    let flags = ["--model-dir", text(model_dir), "--data", text(&manifest), "--split", "test"];
    let output = example(
        "evaluate",
        &[&flags[..], &["--out", text(&out), "--device", "cpu"], more].concat(),
    );
    assert!(output.status.success(), "{}", stderr(&output));
    let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    let judged = &findings(model_dir)["judgements"][0];
    assert_eq!(figures["measures"], judged["test"]["measures"]);
    assert_eq!(figures["temperature"], judged["temperature"]);
    assert_eq!(figures["calibrated"], judged["calibrated"]);
    figures
}

#[test]
fn the_threshold_that_finetune_chose_is_used() {
    let (folder, runs) = (wardrobe(40), tempdir().expect("a folder"));
    let model_dir = runs.path().join("run");
    let flags = ["--group-until", "_", "--sensitivity", "0.6", "--positive", "shirt"];
    let output = small(folder.path(), &model_dir, &flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let figures = is_judged_as_by_finetune(&model_dir, folder.path(), &[]);
    let threshold = figures["options"]["threshold"].as_f64().expect("a number");
    assert!(threshold != 0.5 && figures["options"]["positive"] == 1, "{threshold}");
    // Another threshold, and another question, are asked for.
    let manifest = folder.path().join("test-images.csv");
    let flags = ["--model-dir", text(&model_dir), "--data", text(&manifest), "--split", "test"];
    for (more, positive, threshold) in
        [(["--threshold", "0.25"], 1, 0.25), (["--positive", "boot"], 0, 0.5)]
    {
        let out = runs.path().join(more[1]);
        let place = ["--out", text(&out), "--resamples", "0", "--device", "cpu"];
        let output = example("evaluate", &[&flags[..], &more, &place].concat());
        assert!(output.status.success(), "{}", stderr(&output));
        let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
        let options = serde_json::from_str::<Value>(&figures).expect("JSON")["options"].clone();
        assert_eq!(
            (&options["positive"], &options["threshold"]),
            (&positive.into(), &threshold.into())
        );
    }
    // Shards may name their classes, too.
    let shards = sample();
    let output = example("evaluate", &["--model-dir", text(&model_dir), "--data", text(&shards)]);
    let complaint = stderr(&output);
    assert!(complaint.contains("10 classes, and the network knows 2"), "{complaint}");
    // Thresholds of weights that are not there any more are refused.
    let best = model_dir.join("best.safetensors");
    let mut weights = fs::read(&best).expect("weights");
    *weights.last_mut().expect("a byte") ^= 1;
    fs::write(&best, weights).expect("other weights");
    let output = example("evaluate", &[&flags[..], &["--device", "cpu"]].concat());
    assert!(stderr(&output).contains("of other weights"), "{}", stderr(&output));
    fs::write(model_dir.join("thresholds.json"), "{}").expect("damaged");
    let output = example("evaluate", &[&flags[..], &["--device", "cpu"]].concat());
    let complaint = stderr(&output);
    assert!(complaint.contains("these thresholds cannot be used"), "{complaint}");
}

#[test]
fn the_temperature_that_finetune_fitted_is_used_for_several_classes() {
    let (folder, runs) = (tempdir().expect("a folder"), tempdir().expect("a folder"));
    for (name, class) in [("boot", BOOT), ("sandal", SANDAL), ("shirt", SHIRT)] {
        save_jpegs(folder.path(), name, class, 30);
    }
    let model_dir = runs.path().join("run");
    let balanced = ["--ordered", "--imbalance", "balanced-sampler"];
    let output = small(folder.path(), &model_dir, &balanced);
    assert!(output.status.success(), "{}", stderr(&output));
    let config = fs::read_to_string(model_dir.join("config.toml")).expect("a recipe");
    assert!(config.contains("sampler = \"balanced\""), "{config}");
    let figures = is_judged_as_by_finetune(&model_dir, folder.path(), &["--ordered"]);
    assert!(figures["options"]["positive"].is_null() && !figures["temperature"].is_null());
    let measures = figures["measures"].as_array().expect("measures");
    assert!(measures.iter().any(|measure| measure["metric"] == "quadratic-kappa"), "{figures}");
}
