//! `report.html` of a run, and of an evaluation by the command `evaluate`.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{example, slice_of_sample, small_run, stderr, stdout, train_imagenet};

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// The first number in `text` after `label`.
fn number_after(text: &str, label: &str) -> f64 {
    let (_, rest) = text.split_once(label).expect(label);
    let word = rest.split_whitespace().next().expect("a number");
    word.parse().expect("a number")
}

#[test]
fn a_run_and_its_evaluation_leave_reports_with_the_same_accuracy() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let output = train_imagenet(&small_run(data.path(), model.path()));
    assert!(output.status.success(), "{}", stderr(&output));
    let report = fs::read_to_string(model.path().join("report.html")).expect("a report");
    for part in [
        "1 of 1 epochs",
        "640 training and 300 validation images",
        "Cross-entropy (nats)",
        "Confusion matrix: rows are the truth",
        "Worst answers",
        "Best answers",
        "data:image/png;base64,",
        "batch_size = 64",
        "Threads",
    ] {
        assert!(report.contains(part), "{part}");
    }

    let out = model.path().join("judged");
    let flags = ["--model-dir", text(model.path()), "--data", text(data.path()), "--device", "cpu"];
    let more = ["--out", text(&out), "--resamples", "50"];
    let output = example("evaluate", &[&flags[..], &more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let metrics = fs::read_to_string(model.path().join("metrics.jsonl")).expect("metrics");
    let mut lines = metrics.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let epoch = lines.rfind(|line| line["event"] == "epoch").expect("an epoch");
    let top1 = epoch["validation"]["averages"]["top1"].as_f64().expect("evaluated");
    assert_eq!(number_after(&stdout(&output), "Accuracy"), (top1 * 1000.0).round() / 1000.0);

    let predictions = fs::read_to_string(out.join("predictions.csv")).expect("a table");
    assert_eq!(predictions.lines().count(), 301, "a head and every image");
    let right = predictions.lines().skip(1).filter(|line| {
        // From the end, because a place may hold commas: ten probabilities, the answer, the class.
        let cells: Vec<&str> = line.rsplit(',').collect();
        cells[10] == cells[11]
    });
    assert_eq!(right.count() as f64 / 300.0, top1);
    let figures = fs::read_to_string(out.join("figures.json")).expect("figures");
    let figures: Value = serde_json::from_str(&figures).expect("JSON");
    assert_eq!(figures["measures"][0]["metric"], "accuracy");
    assert_eq!(figures["measures"][0]["value"], top1);
    assert!(fs::read_to_string(out.join("report.html")).expect("a report").contains("ROC curve"));
    assert!(fs::read(out.join("worst.png")).expect("a picture").starts_with(b"\x89PNG"));

    a_threshold_is_chosen_on_another_split(&flags, &out);
}

/// With the run of the test above: training another would take longer than the test.
fn a_threshold_is_chosen_on_another_split(flags: &[&str], out: &Path) {
    let question = ["--positive", "9", "--out", text(out), "--resamples", "0"];
    let choose = ["--choose-on", "train", "--sensitivity", "0.9", "--prevalence", "0.01"];
    let output = example("evaluate", &[flags, &question, &choose].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("PPV at prevalence"), "{}", stdout(&output));
    let report = fs::read_to_string(out.join("report.html")).expect("a report");
    assert!(report.contains("operating point</text>"));
    assert!(report.contains("Stated prevalence: 1.00 %"));

    let same = ["--choose-on", "validation"];
    let output = example("evaluate", &[flags, &question, &same].concat());
    assert!(!output.status.success());
    assert!(stderr(&output).contains("choose it on another split"), "{}", stderr(&output));
    let output = example("evaluate", &[flags, &["--positive", "cat"]].concat());
    assert!(stderr(&output).contains("the classes are 0, 1, 2"), "{}", stderr(&output));
}

#[test]
fn a_folder_without_a_run_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let output = example("evaluate", &["--model-dir", text(folder.path()), "--device", "cpu"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("--model-dir is the folder of a run"), "{}", stderr(&output));
}
