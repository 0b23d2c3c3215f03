//! Pictures of 16 bits from the file to the network.

use std::fs;
use std::path::{Path, PathBuf};

use resnet::data::{Dataset, DatasetOptions};
use resnet::finetuning::{Facts, Plan, recipe_for};
use resnet::models::tensors;
use resnet::recipe::Bits;
use resnet::training::lr_finder::{LrRange, find_lr};
use resnet::{Datasets, DeviceChoice, Fanout, Recipe, RunOptions, choose_device, presets, train};
use tempfile::{TempDir, tempdir};

/// PNG files of 16 bits whose names begin like this.
fn pictures(prefix: &str) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/data/tests/golden/png");
    let entries =
        fs::read_dir(folder).expect("golden files").map(|entry| entry.expect("one").path());
    // Beside a picture of 16 bits lie its levels.
    let wide =
        entries.filter(|path| path.extension().is_some_and(|extension| extension == "rgb16"));
    let mut files: Vec<PathBuf> = wide.map(|path| path.with_extension("png")).collect();
    files.retain(|path| {
        path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix))
    });
    files.sort();
    files
}

/// Two classes in these splits.
fn data_set(files: &[PathBuf], splits: &[&str]) -> TempDir {
    let folder = tempdir().expect("a folder");
    for (number, file) in files.iter().enumerate() {
        let (split, class) = (splits[number % splits.len()], ["a", "b"][number / splits.len() % 2]);
        let to = folder.path().join(split).join(class);
        fs::create_dir_all(&to).expect("a folder");
        fs::copy(file, to.join(file.file_name().expect("a name"))).expect("a copy");
    }
    folder
}

fn open(folder: &TempDir) -> Dataset {
    Dataset::open(folder.path(), &DatasetOptions::default()).expect("a data set")
}

#[test]
fn fine_tuning_keeps_the_bits_that_the_training_pictures_have() {
    let folder = data_set(&pictures(""), &["train", "validation", "test"]);
    let plan = Plan::default();
    let facts =
        Facts::of(&open(&folder), plan.decoder().expect("a decoder")).expect("sound pictures");
    let recipe = recipe_for(&facts, &plan).expect("a recipe");
    assert_eq!(recipe.data.bits, Bits::Sixteen);
    let measured = facts.train().normalization().expect("a mean");
    assert_eq!(recipe.data.mean, measured.mean);
    assert_eq!(recipe.data.std, measured.std);
}

/// A recipe for two classes of small pictures, with these changes.
fn small_recipe(changes: &[&str]) -> Recipe {
    let small = [
        "model.num_classes=2",
        "data.label_offset=0",
        "data.image_size=16",
        "data.validation_resize=16",
        "data.crop=random-resized-crop",
        "train.batch_size=3",
    ];
    presets::fashion_mnist_sample().with_overrides(&[&small, changes].concat()).expect("a recipe")
}

#[test]
fn the_search_for_a_rate_trains_the_network_that_a_run_would_train() {
    let folder = data_set(&pictures("grey"), &["train", "validation"]);
    let (dataset, run) = (open(&folder), tempdir().expect("a folder"));
    let split = |name| dataset.split(name).expect("a split");
    let images = Datasets { train: split("train"), validation: split("validation") };
    let options = RunOptions { workers: 1, ..RunOptions::new(run.path()) };
    let device = choose_device(DeviceChoice::Cpu).expect("the CPU");
    let range = LrRange { from: 1e-4, to: 1e-3, steps: 2 };
    let [auto, grey, colour] = ["auto", "1", "3"].map(|channels| {
        let recipe = small_recipe(&["data.bits=auto", &format!("data.channels={channels}")]);
        find_lr(&recipe, &images, range, &options, &device).expect("two steps")
    });
    assert_eq!(auto, grey);
    assert_ne!(auto, colour);
}

#[test]
fn a_run_on_grey_pictures_of_16_bits_decides_for_16_bits_and_one_channel() {
    let folder = data_set(&pictures("grey"), &["train", "validation"]);
    let (dataset, run) = (open(&folder), tempdir().expect("a folder"));
    let split = |name| dataset.split(name).expect("a split");
    let images = Datasets { train: split("train"), validation: split("validation") };
    let recipe = small_recipe(&["data.bits=auto", "data.channels=auto"]);
    let options = RunOptions { max_steps: Some(2), workers: 1, ..RunOptions::new(run.path()) };
    let device = choose_device(DeviceChoice::Cpu).expect("the CPU");
    train(&recipe, &images, &options, &device, &mut Fanout::default()).expect("it trains");
    let saved = fs::read_to_string(run.path().join("config.toml")).expect("a recipe");
    let saved = Recipe::from_toml(&saved).expect("a recipe");
    assert_eq!(
        (saved.data.bits, saved.data.channels),
        (Bits::Sixteen, resnet::recipe::Channels::One)
    );
    let weights = tensors::read(&run.path().join("best.safetensors")).expect("weights");
    assert_eq!(weights["conv1.weight"].shape()[1], 1);
}
