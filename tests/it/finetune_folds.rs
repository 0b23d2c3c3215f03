//! Cross-validation by the program `finetune`, and what its folds say together.

use std::fs;
use std::path::{Path, PathBuf};

use resnet::data::{Dataset, DatasetOptions, GroupBy};
use resnet::finetuning::{Plan, cross_validate};
use resnet::training::folder::ModelFolder;
use resnet::{DeviceChoice, Fanout, RunOptions, choose_device};
use serde_json::Value;
use tempfile::tempdir;

use crate::support::{example, stderr, stdout};
use crate::wardrobe::{answers, small, text, wardrobe};

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
    let report = fs::read_to_string(model_dir.join("report.html")).expect("the folds' report");
    for words in ["Test images of 3 folds", "AUROC", "chosen on the validation images", "Fold 3"] {
        assert!(report.contains(words), "{words} is not in the report");
    }
    the_folds_answer_together(&model_dir, folder.path());
    the_folds_are_judged_together(&model_dir, folder.path());
}

/// With the threshold and the temperature that were chosen on the validation images of all of them.
fn the_folds_are_judged_together(model_dir: &Path, images: &Path) {
    let mut lines = "path,label,split\n".to_owned();
    for (class, number) in ["boot", "shirt"].into_iter().flat_map(|c| (0..24).map(move |n| (c, n)))
    {
        lines += &format!("{class}/{class}{}_{number}.jpg,{class},test\n", number / 2);
    }
    let manifest = images.join("all.csv");
    fs::write(&manifest, lines).expect("a manifest");
    let out = model_dir.join("judged");
    let flags = ["--model-dir", text(model_dir), "--data", text(&manifest), "--device", "cpu"];
    let more = ["--split", "test", "--resamples", "50", "--out", text(&out)];
    let output = example("evaluate", &[&flags[..], &more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let json = |path: PathBuf| -> Value {
        serde_json::from_slice(&fs::read(path).expect("written")).expect("JSON")
    };
    let chosen = json(model_dir.join("thresholds.json"));
    let figures = json(out.join("figures.json"));
    assert_eq!(figures["options"]["threshold"], chosen["questions"][0]["operating"]["threshold"]);
    assert!(stdout(&output).contains("chosen on the validation images"), "{}", stdout(&output));
    let table = fs::read_to_string(out.join("predictions.csv")).expect("predictions");
    let rows: Vec<Vec<&str>> = table.lines().skip(1).map(|row| row.split(',').collect()).collect();
    let places: Vec<&str> = rows.iter().map(|row| row[1]).collect();
    let said: Vec<&str> = rows.iter().map(|row| row[4]).collect();
    assert_eq!(answers(model_dir, &places), said, "predict answers as evaluate");
    let asked = example("predict", &["--model-dir", text(model_dir), "--csv", places[0]]);
    let asked = stdout(&asked);
    let boot = asked.lines().find(|line| line.contains(",boot,0.")).expect("an answer");
    let number = |field: &str| -> f64 { field.parse().expect("a number") };
    let [one, other] = [boot.split(',').nth(5).expect("a probability"), rows[0][5]].map(number);
    assert!((one - other).abs() < 1e-6, "{boot}\n{:?}", rows[0]);
}

/// With the folds of the test above.
fn the_folds_answer_together(model_dir: &Path, images: &Path) {
    let ask = |folders: &[PathBuf]| -> Value {
        let mut flags = vec!["--json", "--top", "2", "--device", "cpu"];
        folders.iter().for_each(|folder| flags.extend(["--model-dir", text(folder)]));
        let image = images.join("boot/boot0_0.jpg");
        flags.push(text(&image));
        let output = example("predict", &flags);
        assert!(output.status.success(), "{}", stderr(&output));
        serde_json::from_str(&stdout(&output)).expect("JSON")
    };
    let probability = |answer: &Value| {
        let guesses = answer["images"][0]["top"].as_array().expect("guesses");
        let boot = guesses.iter().find(|guess| guess["name"] == "boot").expect("a class");
        boot["probability"].as_f64().expect("a number")
    };
    let folds: Vec<PathBuf> = (1..=3).map(|n| model_dir.join(format!("fold-{n}"))).collect();
    let alone = folds.iter().map(|fold| probability(&ask(std::slice::from_ref(fold))));
    let mean = alone.sum::<f64>() / 3.0;
    let together = ask(&[model_dir.to_owned()]);
    assert_eq!(together["weights"].as_array().map(Vec::len), Some(3), "{together}");
    assert!((probability(&together) - mean).abs() < 1e-6, "{together}, mean {mean}");
    let asked_for = ask(&folds);
    assert_eq!(together["images"][0]["top"], asked_for["images"][0]["top"]);
    // Networks that are named one by one have no threshold in common.
    assert!(together["images"][0]["answer"].is_string(), "{together}");
    assert!(asked_for["images"][0].get("answer").is_none(), "{asked_for}");
}

#[test]
fn folds_that_start_over_leave_nothing_of_the_ones_before_beside_them() {
    let (images, runs) = (wardrobe(12), tempdir().expect("a folder"));
    let model_dir = runs.path().join("folds");
    let before = ["fold-4/config.toml", "thresholds.json", "evaluation-test/figures.json"];
    for name in before {
        let path = model_dir.join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("made");
        fs::write(path, name).expect("written");
    }
    let options = DatasetOptions { group: Some(GroupBy::NameUntil('_')), ..Default::default() };
    let pictures = Dataset::open(images.path(), &options).expect("pictures");
    let (model, batch_size) = (Some("resnet8".to_owned()), Some(8));
    let plan = Plan { model, batch_size, epochs: 1, resamples: 0, ..Plan::default() };
    let run = RunOptions { fresh: true, ..RunOptions::new(&model_dir) };
    let chosen = choose_device(DeviceChoice::Cpu).expect("a CPU");
    let validated =
        cross_validate(&pictures, 3, &plan, &run, &chosen, &mut Fanout::default()).expect("trains");
    assert_eq!(validated.folds.len(), 3);
    assert_eq!(ModelFolder::runs_below(&model_dir).len(), 3, "fold 4 is of the ones before");
    for name in before {
        let aside = fs::read_to_string(model_dir.join("previous-1").join(name));
        assert_eq!(aside.expect("set aside"), name);
    }
    assert!(!model_dir.join("evaluation-test").exists());
    let chosen = fs::read_to_string(model_dir.join("thresholds.json")).expect("chosen anew");
    assert!(chosen.contains("sha256"), "{chosen}");
}
