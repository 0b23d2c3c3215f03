//! The program `predict` as a person or a script runs it.

use std::fs;
use std::path::{Path, PathBuf};

use resnet::data::contact_sheet::png;
use resnet::data::{Decoder, Png, RgbImage};
use resnet::records::{Example, IndexedFile};
use serde_json::Value;

use crate::support::{example, sample, slice_of_sample, small_run, stderr, stdout, train_imagenet};
use crate::wardrobe::{answers, small, text, wardrobe};

/// A trained network and pictures to ask it about.
struct Scene {
    folder: tempfile::TempDir,
}

impl Scene {
    fn new() -> Self {
        let scene = Self { folder: tempfile::tempdir().expect("a folder") };
        let (data, model) = (scene.path("data"), scene.path("model"));
        fs::create_dir(&data).expect("made");
        slice_of_sample(&data);
        fs::copy(sample().join("classes.json"), data.join("classes.json")).expect("copied");
        let output = train_imagenet(&small_run(&data, &model));
        assert!(output.status.success(), "{}", stderr(&output));
        fs::create_dir_all(scene.path("pictures/more")).expect("made");
        for (number, name) in [(0, "a.png"), (1, "more/b,c.png")] {
            fs::write(scene.path("pictures").join(name), picture(number)).expect("written");
        }
        scene
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn text(&self, name: &str) -> String {
        self.path(name).to_str().expect("UTF-8").to_owned()
    }

    fn predict(&self, arguments: &[&str]) -> std::process::Output {
        let model = self.text("model");
        let fixed = ["--model-dir", &model, "--device", "cpu"];
        example("predict", &[&fixed[..], arguments].concat())
    }
}

/// A picture of the bundled validation set.
fn picture(number: usize) -> Vec<u8> {
    let shard = IndexedFile::open(sample().join("validation-00000-of-00002")).expect("a shard");
    let mut record = Vec::new();
    shard.read_record(number, &mut record).expect("a record");
    let example = Example::parse(&record).expect("an example");
    example.bytes("image/encoded").expect("a picture").to_vec()
}

fn json(output: &std::process::Output) -> Value {
    serde_json::from_str(&stdout(output)).unwrap_or_else(|_| panic!("{}", stderr(output)))
}

#[test]
fn folders_and_patterns_are_asked_about_and_every_form_says_the_same() {
    let scene = Scene::new();
    let pictures = scene.text("pictures");
    let output = scene.predict(&[&pictures, "--top", "3"]);
    assert!(output.status.success(), "{}", stderr(&output));
    let text = stdout(&output);
    assert_eq!(text.lines().count(), 8, "{text}");
    assert_eq!(text.matches(" %  ").count(), 6, "{text}");

    let document = json(&scene.predict(&[&pictures, "--top", "3", "--json"]));
    let images = document["images"].as_array().expect("images");
    let weights = document["weights"][0].as_str().expect("a path");
    assert!(weights.ends_with("best.safetensors"), "{weights}");
    let best = &images[0]["top"][0];
    let percent = best["probability"].as_f64().expect("a number") * 100.0;
    let line = format!("{percent:>8.2} %  {}", best["name"].as_str().expect("a name"));
    assert_eq!(text.lines().nth(1), Some(line.as_str()));

    let pattern = scene.text("pictures/*/*.png");
    let table = stdout(&scene.predict(&[&pattern, "--csv", "--top", "1"]));
    let lines: Vec<_> = table.lines().collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert_eq!(lines[0], "file,answer,rank,class,name,probability,error");
    let name = images[1]["top"][0]["name"].as_str().expect("a name");
    let class = &images[1]["top"][0]["class"];
    let file = scene.text("pictures/more/b,c.png");
    assert!(lines[1].starts_with(&format!("\"{file}\",,1,{class},{name},0.")), "{table}");

    let newest = json(&scene.predict(&[&pictures, "--newest", "--json"]));
    assert!(newest["weights"][0].as_str().expect("a path").contains("step-"), "{newest}");
    assert_eq!(newest["images"][0]["top"][0], *best, "the only evaluation is the best one");
}

#[test]
fn files_without_an_answer_are_named_and_counted_and_the_exit_code_says_so() {
    let scene = Scene::new();
    let torn = scene.path("torn.png");
    fs::write(&torn, &picture(0)[..60]).expect("written");
    let (good, torn) = (scene.text("pictures/a.png"), scene.text("torn.png"));
    let output = scene.predict(&[&good, &torn, "nothing-here.png", "no-*-match.png"]);
    assert_eq!(output.status.code(), Some(3));
    let errors = stderr(&output);
    assert!(errors.contains(&format!("{torn}: no answer: ")), "{errors}");
    assert!(errors.contains("nothing-here.png: no answer: "), "{errors}");
    assert!(errors.contains("no-*-match.png: no answer: "), "{errors}");
    assert!(errors.contains("3 of 4 images have no answer."), "{errors}");
    assert!(stdout(&output).starts_with(&good));
    let document = json(&scene.predict(&[&torn, "--json"]));
    assert!(document["images"][0]["error"].is_string(), "{document}");
}

#[test]
fn several_models_flips_and_batches_answer_together() {
    let scene = Scene::new();
    let (pictures, model) = (scene.text("pictures"), scene.text("model"));
    let first = |output: &std::process::Output| {
        let document = json(output);
        let top = &document["images"][0]["top"][0];
        (top["class"].clone(), top["probability"].as_f64().expect("a number"))
    };
    let (class, alone) = first(&scene.predict(&[&pictures, "--json"]));
    let twice = first(&scene.predict(&[&pictures, "--json", "--model-dir", &model]));
    assert_eq!(twice.0, class);
    assert!((twice.1 - alone).abs() < 1e-6, "the mean of the same is the same");
    let (_, one) = first(&scene.predict(&[&pictures, "--json", "--batch-size", "1"]));
    assert!((one - alone).abs() < 1e-5, "{one} and {alone}");
    let (_, flipped) = first(&scene.predict(&[&pictures, "--json", "--flip"]));
    assert!((flipped - alone).abs() > 1e-6, "a garment is not symmetric");
}

#[test]
fn heat_maps_are_written_as_pictures_and_not_over_others() {
    let scene = Scene::new();
    let (pictures, maps) = (scene.text("pictures"), scene.text("maps"));
    let output = scene.predict(&[&pictures, "--grad-cam", &maps]);
    assert!(output.status.success(), "{}", stderr(&output));
    let mut files: Vec<_> = fs::read_dir(&maps)
        .expect("a folder")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let names: Vec<_> = files.iter().map(|path| file_name(path)).collect();
    assert!(names[0].starts_with("0001-a-") && names[1].starts_with("0002-b-c-"), "{names:?}");
    let mut image = RgbImage::default();
    let decoder = Png { max_pixels: 10_000 };
    decoder.decode(&fs::read(&files[0]).expect("a file"), &mut image).expect("a PNG file");
    assert_eq!((image.height, image.width), (28, 28));
    assert!(image.pixels.chunks(3).any(|pixel| pixel[0] != pixel[2]), "in colour");
    assert_eq!(png(&image).expect("a PNG file"), fs::read(&files[0]).expect("a file"));

    let again = scene.predict(&[&pictures, "--grad-cam", &maps]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("there already"), "{}", stderr(&again));
}

fn file_name(path: &Path) -> String {
    path.file_name().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn a_folder_without_a_run_or_without_images_is_an_error() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().to_str().expect("UTF-8");
    let output = example("predict", &["--model-dir", path, "--device", "cpu", "x.png"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no checkpoint of a run here"), "{}", stderr(&output));
    let output = example("predict", &["--model-dir", path, "--device", "cpu", path]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("no image in this folder"), "{}", stderr(&output));
}

#[test]
fn the_answer_is_that_of_the_threshold_which_finetune_chose() {
    let (folder, runs) = (wardrobe(24), tempfile::tempdir().expect("a folder"));
    let model_dir = runs.path().join("run");
    // A sensitivity of nothing at all: no validation image is taken for a shirt, however probable that is.
    let flags = ["--group-until", "_", "--sensitivity", "0", "--positive", "shirt"];
    let output = small(folder.path(), &model_dir, &flags);
    assert!(output.status.success(), "{}", stderr(&output));
    let table = fs::read_to_string(model_dir.join("predictions.csv")).expect("predictions");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let places: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    let said = answers(&model_dir, &places);
    assert_eq!(said, rows.iter().map(|row| row[4]).collect::<Vec<_>>());

    let ask = |more: &[&str]| {
        let fixed = ["--model-dir", text(&model_dir), "--device", "cpu", places[0]];
        example("predict", &[&fixed[..], more].concat())
    };
    let told = stdout(&ask(&[]));
    assert!(told.starts_with(&format!("{}: {}\n", places[0], said[0])), "{told}");
    assert!(told.contains("shirt is said from a probability of"), "{told}");
    let document = json(&ask(&["--json"]));
    assert_eq!(document["images"][0]["answer"], said[0].as_str());
    assert_eq!(document["chosen"][0]["operating"]["positive"], 1);
    // What was chosen is of the best weights, which look at each image once.
    for other in ["--flip", "--newest"] {
        assert!(!stdout(&ask(&[other])).contains("is said from"), "{other}");
    }
    let path = model_dir.join("thresholds.json");
    let text = fs::read_to_string(&path).expect("thresholds");
    let chosen: serde_json::Value = serde_json::from_str(&text).expect("one JSON document");
    for (threshold, answer) in [(0.0, "shirt"), (1.0, "boot")] {
        let mut other = chosen.clone();
        other["questions"][0]["operating"]["threshold"] = threshold.into();
        fs::write(&path, other.to_string()).expect("written");
        assert_eq!(answers(&model_dir, &places[..1]), [answer], "from {threshold} on");
    }
    fs::write(&path, "{}").expect("damaged");
    let complaint = stderr(&ask(&[]));
    assert!(complaint.contains("thresholds cannot be used"), "{complaint}");
}
