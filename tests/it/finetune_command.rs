//! The program `finetune` as a person runs it.

use std::fs;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use resnet::Recipe;
use resnet::data::contact_sheet::{png, thumbnail};
use resnet::data::{AnyImage, ImageFiles};
use resnet::models::tensors::{self, TensorMap};
use resnet::models::{ResNetConfig, by_name, state_dict};
use resnet::recipe::Channels;
use tempfile::tempdir;

use crate::support::{example, stderr, stdout};
use crate::wardrobe::{figure, findings, small, text, wardrobe};

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
    for words in [
        "Not a medical device",
        "Worst mistakes",
        "taken for",
        "Dress is said from",
        "two splits",
        "What spoke for",
        "Grad-CAM",
        "Nothing was chosen on the test images",
        "Calibration: a temperature",
    ] {
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
    fs::write(root.join("deep.jpg"), twelve_bits()).expect("a file");
    fs::write(root.join("scan.dcm"), [&[0; 128][..], b"DICM", b"and no more"].concat())
        .expect("a file");
    fs::write(root.join("colour.jpg"), coloured(&root.join("shirt/shirt1_2.jpg"))).expect("a file");
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
    lines += "deep.jpg,boot,train,p13\nscan.dcm,boot,train,p14\ncolour.jpg,shirt,train,p15\n";
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
        "deep.jpg: ",
        "scan.dcm: ",
        "is in colour among images grey",
        "a single image of",
    ] {
        assert!(complaint.contains(words), "{words:?} is not in:\n{complaint}");
    }
    assert!(!model_dir.exists(), "something was trained");
}

/// The beginning of a JPEG file of 8 by 8 grey samples with 12 bits.
fn twelve_bits() -> Vec<u8> {
    let frame = [0xff, 0xc1, 0, 11, 12, 0, 8, 0, 8, 1, 1, 0x11, 0];
    let scan = [0xff, 0xda, 0, 8, 1, 1, 0, 0, 63, 0];
    [&[0xff, 0xd8][..], &frame, &scan, &[0; 16], &[0xff, 0xd9]].concat()
}

/// A PNG file of an image in red, under a name that says nothing of it.
fn coloured(path: &Path) -> Vec<u8> {
    let file = path.to_owned();
    let source = ImageFiles::list(&[file]).expect("an image");
    let mut image = thumbnail(&source, 0, 28, &AnyImage::default()).expect("it decodes");
    image.pixels.chunks_exact_mut(3).for_each(|pixel| pixel[1] = 0);
    png(&image).expect("a file")
}

#[test]
fn pictures_that_are_not_there_are_told_once() {
    let folder = tempdir().expect("a folder");
    for name in ["xrays", "xrays.csv"] {
        let nowhere = folder.path().join(name);
        let complaint = stderr(&small(&nowhere, &folder.path().join("run"), &[]));
        assert!(complaint.contains(text(&nowhere)), "{complaint}");
        assert_eq!(complaint.matches("No such file").count(), 1, "{complaint}");
    }
}

#[test]
fn a_threshold_has_something_to_be_chosen_on_before_training() {
    let folder = wardrobe(12);
    let mut lines = "path,label,split\n".to_owned();
    for number in 0..12 {
        let split = ["train", "train", "validation", "test"][number % 4];
        for class in ["boot", "shirt"] {
            let other = if class == "boot" && number % 4 == 2 { "lace" } else { class };
            lines += &format!("{class}/{class}{}_{number}.jpg,{other},{split}\n", number / 2);
        }
    }
    lines = lines.replacen(",boot,train", ",lace,train", 2);
    let manifest = folder.path().join("list.csv");
    fs::write(&manifest, lines).expect("a manifest");
    let model_dir = folder.path().join("run");
    let output = small(&manifest, &model_dir, &["--positive", "boot"]);
    let complaint = stderr(&output);
    assert_eq!(output.status.code(), Some(1), "{complaint}");
    assert!(complaint.contains("no validation image is of the class boot"), "{complaint}");
    assert!(!model_dir.exists(), "something was trained");
}

#[test]
fn one_class_is_no_question() {
    let folder = wardrobe(20);
    let run = tempdir().expect("a folder");
    fs::remove_dir_all(folder.path().join("boot")).expect("removed");
    let output = small(folder.path(), &run.path().join("run"), &[]);
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
    let backbone = first.join("best.safetensors");
    let third = runs.path().join("third");
    let frozen = ["--pretrained", text(&backbone), "--freeze-until", "layer2"];
    let kept = ["--unfreeze-every", "0", "--image-size", "28"];
    let output = small(folder.path(), &third, &[&grouped[..], &frozen, &kept].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let after = read(third.join("best.safetensors"));
    for (name, values) in &before {
        let learns = name.starts_with("fc.") || name.starts_with("layer3.");
        assert_eq!(after[name].as_bytes() != values.as_bytes(), learns, "{name}");
    }

    let findings = findings(&second);
    assert!(figure(&findings, "npv-at-prevalence") >= 0.0);
    assert!(figure(&findings, "ppv-at-prevalence") >= 0.0);
    let threshold = &findings["judgements"][0]["operating"];
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
fn grey_pictures_and_the_tensors_of_a_file_make_the_network() {
    let (folder, runs) = (wardrobe(20), tempdir().expect("a folder"));
    let device = Device::flex();
    let colour = by_name("resnet20_cifar").expect("a name").config.init(3, &device);
    let before = state_dict(&colour);
    let (weights, run) = (runs.path().join("colour.safetensors"), runs.path().join("run"));
    tensors::write(&weights, &before).expect("written");
    let flags =
        |model_dir| ["--data", text(folder.path()), "--model-dir", model_dir, "--device", "cpu"];
    let more = ["--epochs", "1", "--batch-size", "8", "--pretrained", text(&weights)];
    let output = example("finetune", &[&flags(text(&run))[..], &more].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let told = stdout(&output);
    assert!(told.contains("Network: resnet20_cifar, by the tensors of"), "{told}");
    let recipe = read_recipe(&run);
    let found = (&*recipe.model.name, recipe.data.channels, recipe.data.image_size);
    assert_eq!(found, ("resnet20_cifar", Channels::One, 32));
    // In the first epoch the classifier alone learns.
    let after = tensors::read(&run.join("best.safetensors")).expect("weights");
    let values = |tensors: &TensorMap| -> Vec<f32> { tensors["conv1.weight"].iter().collect() };
    let (before, after) = (values(&before), values(&after));
    assert_eq!((before.len(), after.len()), (16 * 3 * 9, 16 * 9));
    for (filter, of_filter) in before.chunks(27).zip(after.chunks(9)) {
        for (pixel, &sum) in of_filter.iter().enumerate() {
            let of_colour: f32 = (0..3).map(|channel| filter[9 * channel + pixel]).sum();
            assert!((of_colour - sum).abs() < 1e-6, "{of_colour} {sum}");
        }
    }
    let told_so = runs.path().join("told");
    let three = ["--set", "data.channels=3"];
    let output = example("finetune", &[&flags(text(&told_so))[..], &more, &three].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(read_recipe(&told_so).data.channels, Channels::Three);

    let nameless = state_dict(&ResNetConfig::cifar(1).init(0, &device));
    tensors::write(&weights, &nameless).expect("written");
    let output = example("finetune", &[&flags(text(&runs.path().join("no")))[..], &more].concat());
    let complaint = stderr(&output);
    for words in ["colour.safetensors: no network that has a name", "name it with --model"] {
        assert!(complaint.contains(words), "{complaint}");
    }
}

fn read_recipe(model_dir: &Path) -> Recipe {
    let toml = fs::read_to_string(model_dir.join("config.toml")).expect("a recipe");
    Recipe::from_toml(&toml).expect("a sound one")
}
