//! Metrics as comma-separated values.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use resnet_recipe::{Averages, Csv, EpochReport, Evaluation, RunEvent, Sink, StepReport};

const AVERAGES: Averages = Averages { cross_entropy: 1.5, top1: 0.25, top5: 0.75 };

fn step(step: u64) -> StepReport {
    StepReport {
        step,
        epoch: 0.5,
        loss: 1.625,
        train: AVERAGES,
        l2_loss: 0.125,
        learning_rate: 0.0625,
        images_per_second: 448.0,
        steps_per_second: 14.0,
        loader_wait: 0.01,
        memory_bytes: Some(4096),
    }
}

fn epoch(validation: Option<Evaluation>) -> EpochReport {
    let bad_images = vec!["a, \"b\"".to_owned()];
    EpochReport { epoch: 1, step: 80, train: AVERAGES, validation, seconds: 5.5, bad_images }
}

fn evaluation() -> Evaluation {
    Evaluation { averages: AVERAGES, images: 600, seconds: 0.5, bad_images: Vec::new() }
}

fn record(path: &Path, events: &[RunEvent<'_>]) {
    let mut csv = Csv::open(path).expect("opened");
    for event in events {
        csv.record(event).expect("written");
    }
}

/// The rows by the names of their columns; every row has as many cells as the header.
fn rows(path: &Path) -> Vec<BTreeMap<String, String>> {
    let text = fs::read_to_string(path).expect("a file");
    let mut lines = text.lines().map(|line| line.split(',').map(str::to_owned));
    let header: Vec<String> = lines.next().expect("a header").collect();
    lines
        .map(|cells| {
            let cells: Vec<String> = cells.collect();
            assert_eq!(cells.len(), header.len(), "{cells:?}");
            header.iter().cloned().zip(cells).collect()
        })
        .collect()
}

#[test]
fn every_report_is_a_row_with_its_numbers_under_their_names() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    record(&path, &[RunEvent::Step(step(40)), RunEvent::Epoch(epoch(Some(evaluation())))]);
    let rows = rows(&path);
    for (column, value) in [
        ("report", "step"),
        ("step", "40"),
        ("epoch", "0.5"),
        ("loss", "1.625"),
        ("cross_entropy", "1.5"),
        ("l2_loss", "0.125"),
        ("learning_rate", "0.0625"),
        ("loader_wait", "0.01"),
        ("validation_top1", ""),
    ] {
        assert_eq!(rows[0][column], value, "{column}");
    }
    for (column, value) in [
        ("report", "epoch"),
        ("step", "80"),
        ("epoch", "1"),
        ("top1", "0.25"),
        ("seconds", "5.5"),
        ("bad_images", "1"),
        ("validation_top5", "0.75"),
        ("validation_images", "600"),
        ("learning_rate", ""),
    ] {
        assert_eq!(rows[1][column], value, "{column}");
    }
}

#[test]
fn an_epoch_without_an_evaluation_leaves_its_cells_empty() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    record(&path, &[RunEvent::Epoch(epoch(None))]);
    assert_eq!(rows(&path)[0]["validation_top1"], "");
}

#[test]
fn a_resumed_run_goes_on_below_the_same_header() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    record(&path, &[RunEvent::Step(step(20))]);
    record(&path, &[RunEvent::Step(step(40)), RunEvent::Checkpoint(&path)]);
    let steps: Vec<String> = rows(&path).into_iter().map(|row| row["step"].clone()).collect();
    assert_eq!(steps, ["20", "40"]);
}

#[test]
fn half_a_row_or_half_a_header_from_a_full_disk_is_cut_off() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    record(&path, &[RunEvent::Step(step(20)), RunEvent::Step(step(40))]);
    let whole = fs::read_to_string(&path).expect("two rows");
    let header = whole.find('\n').expect("a header");
    let first = header + 1 + whole[header + 1..].find('\n').expect("a row");
    for (length, kept) in [
        (0, &[][..]),
        (10, &[]),
        (header, &[]),
        (header + 1, &[]),
        (header + 9, &[]),
        (first, &[]),
        (first + 1, &["20"]),
        (whole.len() - 1, &["20"]),
    ] {
        fs::write(&path, &whole[..length]).expect("cut off");
        record(&path, &[RunEvent::Step(step(60))]);
        let steps: Vec<String> = rows(&path).into_iter().map(|row| row["step"].clone()).collect();
        assert_eq!(steps, [kept, &["60"]].concat(), "cut off after {length} bytes");
    }
}

#[test]
fn a_file_with_other_columns_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("metrics.csv");
    // The last begins as ours does, and is a whole line.
    for text in ["epoch,loss\n1,2\n", "epoch,loss\n1,", "epoch,loss", "report,step,epoch\n"] {
        fs::write(&path, text).expect("written");
        let message = Csv::open(&path).err().expect("refused").to_string();
        assert!(message.contains("metrics.csv") && message.contains("move it away"), "{message}");
        assert_eq!(fs::read_to_string(&path).expect("there"), text);
    }
}
