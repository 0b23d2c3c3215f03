//! Pictures of which several labels are true, from the manifest to the report.

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{example, stderr, stdout};
use crate::wardrobe::{BOOT, SANDAL, SHIRT, answers, findings, save_jpegs, text};

/// Shirts, sandals (worn on the foot) and boots (worn on the foot, and high), in pairs of one person, and a
/// manifest with the splits of each image.
fn shoes() -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    let mut lines = "path,foot,high,split,person,shop\n".to_owned();
    for (name, class, labels) in
        [("shirt", SHIRT, "0,0"), ("sandal", SANDAL, "1,0"), ("boot", BOOT, "1,1")]
    {
        for (number, path) in save_jpegs(folder.path(), name, class, 40).into_iter().enumerate() {
            let split = match number {
                0..20 => "train",
                20..28 => "validation",
                _ => "test",
            };
            let shop = ["here", "there"][number % 2];
            lines += &format!("{path},{labels},{split},{name}{},{shop}\n", number / 2);
        }
    }
    let manifest = folder.path().join("shoes.csv");
    fs::write(&manifest, lines).expect("a manifest");
    (folder, manifest)
}

fn fine_tune(
    manifest: &Path,
    model_dir: &Path,
    labels: &str,
    more: &[&str],
) -> std::process::Output {
    let flags = ["--data", text(manifest), "--model-dir", text(model_dir), "--device", "cpu"];
    let network = ["--model", "resnet8", "--epochs", "8", "--batch-size", "10"];
    let pictures = ["--labels", labels, "--group", "person", "--subgroup", "shop"];
    let rate = ["--learning-rate", "0.004"];
    example("finetune", &[&flags[..], &network, &pictures, &rate, more].concat())
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).expect("JSON")
}

#[test]
fn several_labels_are_learned_judged_and_asked_for_one_by_one() {
    let ((_folder, manifest), runs) = (shoes(), tempdir().expect("a folder"));
    let model_dir = runs.path().join("run");
    let output = fine_tune(&manifest, &model_dir, "foot,high", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    for words in [
        "Label foot:",
        "Label high:",
        "Macro AUROC",
        "labels right",
        "here (18 images)",
        "foot is said from a probability of",
        "drawn from 18 groups of images; of so few they are too narrow",
    ] {
        assert!(told.contains(words), "{words} is not in:\n{told}");
    }
    let findings = findings(&model_dir);
    let auroc = |number: usize| {
        let measures = findings["judgements"][number]["test"]["measures"].as_array();
        let mut measures = measures.expect("measures").iter();
        let auroc = measures.find(|measure| measure["metric"] == "auroc").expect("AUROC");
        auroc["value"].as_f64().expect("a number")
    };
    assert!(auroc(0) > 0.9 && auroc(1) > 0.9, "{} {}\n{told}", auroc(0), auroc(1));
    let overall = findings["overall"][0]["value"].as_f64().expect("a number");
    assert!((overall - f64::midpoint(auroc(0), auroc(1))).abs() < 1e-12);
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("predictions");
    let head = "split,place,group,foot,said(foot),p(foot),high,said(high),p(high)";
    assert_eq!(table.lines().next(), Some(head));
    assert_eq!(table.lines().filter(|line| line.starts_with("test,")).count(), 36);
    let report = fs::read_to_string(model_dir.join("report.html")).expect("a report");
    for words in
        ["Each label", "Label high", "Subgroups by shop, foot", "Nothing was chosen on the test"]
    {
        assert!(report.contains(words), "{words} is not in the report");
    }
    a_network_of_labels_is_evaluated(&manifest, &model_dir, auroc(0), head);
    a_network_of_labels_is_asked(&manifest, &model_dir);
}

fn a_network_of_labels_is_evaluated(manifest: &Path, model_dir: &Path, auroc: f64, head: &str) {
    let out = model_dir.join("judged");
    let flags = ["--model-dir", text(model_dir), "--data", text(manifest), "--device", "cpu"];
    let split = ["--split", "test", "--choose-on", "validation", "--subgroup", "shop"];
    let output = example("evaluate", &[&flags[..], &split, &["--out", text(&out)]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let figures = json(&fs::read_to_string(out.join("figures.json")).expect("figures"));
    let measures = figures["judgements"][0]["test"]["measures"].as_array().expect("measures");
    let found = measures.iter().find(|measure| measure["metric"] == "auroc").expect("AUROC");
    assert_eq!(found["value"].as_f64(), Some(auroc));
    let table = fs::read_to_string(out.join("predictions.csv")).expect("predictions");
    assert_eq!(table.lines().next(), Some(head));
    // The mistakes, if there are any.
    let wrong = figures["overall"][3]["value"].as_f64().is_some_and(|hamming| hamming > 0.0);
    assert_eq!(out.join("worst.png").exists(), wrong);
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    assert!(report.contains("Subgroups by shop, high") && report.contains("Macro AUROC"));
}

fn a_network_of_labels_is_asked(manifest: &Path, model_dir: &Path) {
    let boots = manifest.with_file_name("boot");
    let flags = ["--model-dir", text(model_dir), "--device", "cpu", "--json", text(&boots)];
    let output = example("predict", &flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = json(&stdout(&output));
    let images = answer["images"].as_array().expect("images");
    let both = images.iter().filter(|image| {
        let guesses = image["top"].as_array().expect("guesses");
        guesses.iter().all(|guess| guess["probability"].as_f64().is_some_and(|yes| yes > 0.5))
    });
    assert!(both.count() > images.len() / 2, "boots are worn on the foot and high: {answer}");
    assert!(images[0]["answer"].is_array(), "{answer}");
    // By the thresholds that were chosen, as in the table of finetune.
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("predictions");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let places: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    let said = rows.iter().map(|row| match (row[4], row[7]) {
        ("1", "1") => "foot + high",
        ("1", _) => "foot",
        (_, "1") => "high",
        _ => "none",
    });
    assert_eq!(answers(model_dir, &places), said.collect::<Vec<_>>());
}

/// The pictures of [`shoes`], where nobody is sure of some boots, and of some shirts nothing is said.
fn unsure(manifest: &Path) -> PathBuf {
    let text = fs::read_to_string(manifest).expect("read");
    let unsure = |(number, line): (usize, &str)| match (number % 4, line) {
        (0, boot) if boot.starts_with("boot/") => boot.replace(",1,1,", ",1,-1,"),
        (1, shirt) if shirt.starts_with("shirt/") => shirt.replace(",0,0,", ",0,,"),
        (_, line) => line.to_owned(),
    };
    let lines: Vec<String> = text.lines().enumerate().map(unsure).collect();
    let path = manifest.with_file_name("unsure.csv");
    fs::write(&path, lines.join("\n") + "\n").expect("a manifest");
    path
}

#[test]
fn what_is_uncertain_is_neither_learned_nor_judged() {
    let ((_folder, manifest), runs) = (shoes(), tempdir().expect("a folder"));
    let (manifest, model_dir) = (unsure(&manifest), runs.path().join("run"));
    let output = fine_tune(&manifest, &model_dir, "foot,high", &[]);
    let complaint = stderr(&output);
    for words in ["says \"-1\"", "choose what uncertain labels are taken for", "empty labels"] {
        assert!(complaint.contains(words), "{words:?} is not in:\n{complaint}");
    }
    let policies = ["--uncertain", "ignore", "--unmentioned", "negative"];
    let more = [&policies[..], &["--imbalance", "inverse-frequency"]].concat();
    let output = fine_tune(&manifest, &model_dir, "foot,high", &more);
    assert!(output.status.success(), "{}", stderr(&output));
    let report = fs::read_to_string(model_dir.join("report.html")).expect("a report");
    assert!(report.contains("Images with each label") && report.contains("high unknown"));
    // Of 20 boots to learn from, 5 are uncertain; 40 shirts and sandals are not high.
    let config = fs::read_to_string(model_dir.join("config.toml")).expect("a recipe");
    let weights = "positive_weights = [\n    0.5,\n    2.6666666666666665,\n]";
    assert!(config.contains(weights) && config.contains("unknown_labels"), "{config}");
    let found = findings(&model_dir);
    let judged = |number: usize| found["judgements"][number]["test"]["examples"].as_u64();
    assert_eq!([judged(0), judged(1)], [Some(36), Some(33)]);
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("predictions");
    let unsure = table.lines().filter(|line| line.starts_with("test,") && line.contains(",,"));
    assert_eq!(unsure.count(), 3);
    let out = model_dir.join("judged");
    let flags = ["--model-dir", text(&model_dir), "--data", text(&manifest), "--device", "cpu"];
    let split = ["--split", "test", "--group", "person", "--out", text(&out)];
    let output = example("evaluate", &[&flags[..], &split, &policies].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let figures = json(&fs::read_to_string(out.join("figures.json")).expect("figures"));
    for number in 0..2 {
        // Threshold and temperature are those that were chosen, so everything is the same.
        let [again, first] = [&figures, &found].map(|found| &found["judgements"][number]);
        for part in ["operating", "temperature", "confusion"] {
            assert_eq!(again[part], first[part], "{part}");
        }
        assert_eq!(again["test"]["measures"], first["test"]["measures"]);
    }
}

#[test]
fn labels_that_cannot_be_learned_or_judged_are_told_before_training() {
    let ((folder, manifest), runs) = (shoes(), tempdir().expect("a folder"));
    let text = fs::read_to_string(&manifest).expect("read");
    // No boot is left to validate by, one line says what is neither yes nor no, one picture is missing.
    let is_kept = |line: &&str| !(line.starts_with("boot/") && line.contains(",validation,"));
    let mut lines: Vec<String> = text.lines().filter(is_kept).map(str::to_owned).collect();
    lines.push("boot/boot_0.jpg,2,0,train,boot0,here".to_owned());
    lines.push("gone.jpg,1,0,train,gone,here".to_owned());
    let bad = folder.path().join("bad.csv");
    fs::write(&bad, lines.join("\n") + "\n").expect("a manifest");
    let model_dir = runs.path().join("run");
    let output = fine_tune(&bad, &model_dir, "foot,high", &[]);
    let complaint = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    for words in [
        "validation: no image has the label high. Add images, split anew, or leave the label out",
        "(foot) says \"2\". Write 1 or 0",
        "gone.jpg",
    ] {
        assert!(complaint.contains(words), "{words:?} is not in:\n{complaint}");
    }
    assert!(!model_dir.exists(), "something was trained");
    let output = fine_tune(&manifest, &model_dir, "foot,tall", &[]);
    assert!(stderr(&output).contains("no column \"tall\""), "{}", stderr(&output));
}
