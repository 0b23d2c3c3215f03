//! The program `finetune` as a person runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use resnet::data::{ImageRecords, LabelRange, Picture, Source, Split};
use resnet::models::tensors;
use serde_json::Value;
use tempfile::{TempDir, tempdir};

use crate::support::{example, sample, stderr, stdout};

/// Shirts and boots of the bundled sample, as JPEG files.
fn jpegs(class: u32, count: usize) -> Vec<Vec<u8>> {
    let labels = LabelRange::imagenet(10);
    let source = ImageRecords::open(&sample(), Split::Train, labels).expect("the sample");
    let mut found = Vec::new();
    let mut record = Vec::new();
    for index in 0..source.len() {
        let read = source.read(index, &mut record).expect("a record");
        if let (true, Picture::Encoded(range)) = (read.label == class, read.picture) {
            found.push(record[range].to_vec());
        }
        if found.len() == count {
            break;
        }
    }
    found
}

const SHIRT: u32 = 0;
const BOOT: u32 = 9;

/// A folder for each of two classes, with pairs of images of one person.
fn wardrobe(images_of_each: usize) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (name, class) in [("boot", BOOT), ("shirt", SHIRT)] {
        fs::create_dir(folder.path().join(name)).expect("a class");
        for (number, jpeg) in jpegs(class, images_of_each).into_iter().enumerate() {
            let file = format!("{name}/{name}{}_{number}.jpg", number / 2);
            fs::write(folder.path().join(file), jpeg).expect("an image");
        }
    }
    folder
}

fn text(path: &Path) -> &str {
    path.to_str().expect("UTF-8")
}

/// A run on `data` with a small network that is done in seconds.
fn small(data: &Path, model_dir: &Path, more: &[&str]) -> Output {
    let flags = ["--data", text(data), "--model-dir", text(model_dir), "--device", "cpu"];
    let network = ["--model", "resnet8", "--epochs", "2", "--batch-size", "8"];
    example("finetune", &[&flags[..], &network[..], more].concat())
}

fn findings(model_dir: &Path) -> Value {
    let text = fs::read(model_dir.join("findings.json")).expect("the findings are written");
    serde_json::from_slice(&text).expect("one JSON document")
}

/// A figure on the test images.
fn figure(findings: &Value, metric: &str) -> f64 {
    let measures = findings["judgement"]["test"]["measures"].as_array().expect("measures");
    let measure = measures.iter().find(|measure| measure["metric"] == metric);
    measure.and_then(|measure| measure["value"].as_f64()).expect("it is measured")
}

#[test]
fn the_stand_in_is_learned_and_says_what_it_is() {
    let folder = tempdir().expect("a folder");
    let model_dir = folder.path().join("run");
    let output = example("finetune", &["--model-dir", text(&model_dir), "--device", "cpu"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    let first = told.lines().next().unwrap_or_default();
    for word in ["stand-in", "Fashion-MNIST", "nothing about it is medical", "medmnist.com"] {
        assert!(first.contains(word), "{word} is not in: {first}");
    }
    let findings = findings(&model_dir);
    let auroc = figure(&findings, "auroc");
    assert!(auroc > 0.95, "AUROC {auroc}\n{told}");
    let report = fs::read_to_string(model_dir.join("report.html")).expect("the report");
    for words in
        ["Not a medical device", "Worst mistakes", "taken for", "Dress is said from", "two splits"]
    {
        assert!(report.contains(words), "{words} is not in the report");
    }
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("the predictions");
    assert_eq!(
        table.lines().next(),
        Some("split,place,group,truth,answer,p(other clothes),p(Dress)")
    );
    assert_eq!(table.lines().filter(|line| line.starts_with("test,")).count(), 300);
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_trained() {
    let folder = wardrobe(6);
    let root = folder.path();
    fs::copy(root.join("boot/boot0_0.jpg"), root.join("copy.jpg")).expect("a copy");
    fs::write(root.join("torn.jpg"), "no picture").expect("a file");
    let mut lines = "path,label,split,patient\n".to_owned();
    for (split, numbers) in [("train", [0, 1, 2]), ("validation", [3, 3, 3]), ("test", [4, 5, 5])] {
        for number in numbers {
            for class in ["boot", "shirt"] {
                let patient = number / 2;
                lines += &format!(
                    "{class}/{class}{patient}_{number}.jpg,{class},{split},{class}{patient}\n"
                );
            }
        }
    }
    lines += "copy.jpg,shirt,train,p7\ngone.jpg,boot,train,p8\ntorn.jpg,boot,train,p9\n";
    lines +=
        "boot/boot0_0.jpg,,train,p10\nboot/boot2_4.jpg,hat,train,p11\ncopy.jpg,bag,train,p12\n";
    let manifest = root.join("list.csv");
    fs::write(&manifest, lines).expect("a manifest");
    let model_dir = root.join("run");
    let output = small(&manifest, &model_dir, &["--group", "patient"]);
    let complaint = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    for words in [
        "has to be mended first",
        "the same picture is in",
        "Correct the wrong label",
        "gone.jpg",
        "torn.jpg",
        "column 2 (label) is empty or missing",
        "is listed again",
        "group \"boot1\": has images in",
        "Split anew by group",
        "a single image of",
    ] {
        assert!(complaint.contains(words), "{words:?} is not in:\n{complaint}");
    }
    assert!(!model_dir.exists(), "something was trained");
}

#[test]
fn one_class_is_no_question() {
    let folder = wardrobe(20);
    fs::remove_dir_all(folder.path().join("boot")).expect("removed");
    let output = small(folder.path(), &folder.path().join("run"), &[]);
    let complaint = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("all images are of the class shirt"), "{complaint}");
}

#[test]
fn what_is_frozen_stays_as_it_was_and_persons_stay_together() {
    let folder = wardrobe(40);
    let runs = tempdir().expect("a folder");
    let (first, second) = (runs.path().join("first"), runs.path().join("second"));
    let grouped = ["--group-until", "_"];
    let output = small(folder.path(), &first, &grouped);
    assert!(output.status.success(), "{}", stderr(&output));
    let weights = first.join("best.safetensors");
    let frozen = ["--pretrained", text(&weights), "--backbone-only", "--unfreeze-every", "0"];
    let size = ["--image-size", "28", "--prevalence", "0.1", "--sensitivity", "0.9"];
    let output = small(folder.path(), &second, &[&grouped[..], &frozen, &size].concat());
    assert!(output.status.success(), "{}", stderr(&output));

    let read = |path: PathBuf| tensors::read(&path).expect("weights");
    let (before, after) = (read(weights), read(second.join("best.safetensors")));
    for (name, values) in &before {
        let is_same = after[name].as_bytes() == values.as_bytes();
        assert_eq!(is_same, !name.starts_with("fc."), "{name}");
    }
    let findings = findings(&second);
    assert!(figure(&findings, "ppv-at-prevalence") >= 0.0);
    let threshold = &findings["judgement"]["operating"];
    assert!(threshold["sensitivity"].as_f64().is_some_and(|share| share >= 0.9), "{threshold}");
    let table = fs::read_to_string(second.join("predictions.csv")).expect("the predictions");
    let persons = |split: &str| -> Vec<String> {
        let lines = table.lines().filter(|line| line.starts_with(split));
        lines.filter_map(|line| Some(line.split(',').nth(2)?.to_owned())).collect()
    };
    let (validation, test) = (persons("validation,"), persons("test,"));
    assert!(!validation.is_empty() && !test.is_empty());
    assert!(validation.iter().all(|person| !test.contains(person)), "{table}");
}

#[test]
fn folds_test_every_image_once_and_tell_mean_and_deviation() {
    let folder = wardrobe(24);
    let runs = tempdir().expect("a folder");
    let model_dir = runs.path().join("folds");
    let output = small(folder.path(), &model_dir, &["--group-until", "_", "--folds", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("3 folds, mean and standard deviation:"), "{told}");
    assert!(told.contains("AUROC") && told.contains(" ± "), "{told}");
    let mut tested = Vec::new();
    for fold in 1..=3 {
        let path = model_dir.join(format!("fold-{fold}/predictions.csv"));
        let table = fs::read_to_string(path).expect("the predictions");
        let lines = table.lines().filter(|line| line.starts_with("test,"));
        tested.extend(lines.filter_map(|line| Some(line.split(',').nth(1)?.to_owned())));
    }
    let images = tested.len();
    tested.sort();
    tested.dedup();
    assert_eq!((images, tested.len()), (48, 48));
}
