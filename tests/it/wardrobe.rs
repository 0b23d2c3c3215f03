//! Shirts and boots: pictures for the programs that fine-tune and judge.

use std::fs;
use std::path::Path;
use std::process::Output;

use resnet::data::{ImageRecords, LabelRange, Picture, Source, Split};
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{example, sample, stderr, stdout};

/// The JPEG files of a split of the bundled sample with their labels, in its order.
pub(crate) fn sample_jpegs(split: Split) -> impl Iterator<Item = (u32, Vec<u8>)> {
    let labels = LabelRange::imagenet(10);
    let source = ImageRecords::open(&sample(), split, labels).expect("the sample");
    (0..source.len()).map(move |index| {
        let mut record = Vec::new();
        let read = source.read(index, &mut record).expect("a record");
        let Picture::Encoded(range) = read.picture else { panic!("a JPEG file") };
        (read.label, record[range].to_vec())
    })
}

fn jpegs(class: u32, count: usize) -> impl Iterator<Item = Vec<u8>> {
    let of_class = sample_jpegs(Split::Train).filter(move |(label, _)| *label == class);
    of_class.map(|(_, jpeg)| jpeg).take(count)
}

pub(crate) const SHIRT: u32 = 0;
pub(crate) const SANDAL: u32 = 5;
pub(crate) const BOOT: u32 = 9;

/// Writes images of a class as `NAME/NAME_0.jpg` and so on, and returns these paths.
pub(crate) fn save_jpegs(root: &Path, name: &str, class: u32, count: usize) -> Vec<String> {
    fs::create_dir(root.join(name)).expect("a class");
    let numbered = jpegs(class, count).enumerate();
    let save = |(number, jpeg)| {
        let file = format!("{name}/{name}_{number}.jpg");
        fs::write(root.join(&file), jpeg).expect("an image");
        file
    };
    numbered.map(save).collect()
}

/// A folder for each of two classes, with pairs of images of one person.
pub(crate) fn wardrobe(images_of_each: usize) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (name, class) in [("boot", BOOT), ("shirt", SHIRT)] {
        fs::create_dir(folder.path().join(name)).expect("a class");
        for (number, jpeg) in jpegs(class, images_of_each).enumerate() {
            let file = format!("{name}/{name}{}_{number}.jpg", number / 2);
            fs::write(folder.path().join(file), jpeg).expect("an image");
        }
    }
    folder
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A run on `data` with a small network that is done in seconds.
pub(crate) fn small(data: &Path, model_dir: &Path, more: &[&str]) -> Output {
    let flags = ["--data", text(data), "--model-dir", text(model_dir), "--device", "cpu"];
    let network = ["--model", "resnet8", "--epochs", "2", "--batch-size", "8"];
    example("finetune", &[&flags[..], &network[..], more].concat())
}

/// What `predict` says that these images are.
pub(crate) fn answers(model_dir: &Path, images: &[&str]) -> Vec<String> {
    let flags = ["--model-dir", text(model_dir), "--device", "cpu", "--csv", "--top", "1"];
    let output = example("predict", &[&flags[..], images].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let answer = |line: &str| line.split(',').nth(1).expect("a field").to_owned();
    stdout(&output).lines().skip(1).map(answer).collect()
}

pub(crate) fn findings(model_dir: &Path) -> Value {
    let text = fs::read(model_dir.join("findings.json")).expect("the findings are written");
    serde_json::from_slice(&text).expect("one JSON document")
}

/// A figure on the test images.
pub(crate) fn figure(findings: &Value, metric: &str) -> f64 {
    let measures = findings["judgements"][0]["test"]["measures"].as_array().expect("measures");
    let measure = measures.iter().find(|measure| measure["metric"] == metric);
    measure.and_then(|measure| measure["value"].as_f64()).expect("it is measured")
}
