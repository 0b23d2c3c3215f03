//! Training on images in other layouts than TFRecord shards.

use std::fs;
use std::path::Path;

use resnet::data::Split;

use crate::support::{example, small_run, stderr, stdout, train_imagenet, unheard};
use crate::wardrobe::{BOOT, SHIRT, sample_jpegs, save_jpegs};

/// The first images of the sample in a folder for each of its classes.
fn as_folders(folder: &Path, split: Split, count: usize) {
    for (index, (label, jpeg)) in sample_jpegs(split).take(count).enumerate() {
        let class = folder.join(format!("class-{label}"));
        fs::create_dir_all(&class).expect("a folder");
        fs::write(class.join(format!("{index}.jpg")), jpeg).expect("written");
    }
}

#[test]
fn a_folder_for_each_split_and_class_is_trained_on_as_it_is() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("clothes");
    as_folders(&data.join("train"), Split::Train, 256);
    as_folders(&data.join("val"), Split::Validation, 128);
    let output = train_imagenet(&small_run(&data, &folder.path().join("run")));
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.contains("a folder for each split and class in"), "{text}");
    assert!(text.contains("256 training and 128 validation images"), "{text}");
}

#[test]
fn a_folder_without_splits_is_divided_by_a_command_and_then_trained_on() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("clothes");
    as_folders(&data, Split::Train, 256);
    let run = folder.path().join("run");
    let refused = train_imagenet(&small_run(&data, &run));
    let error = stderr(&refused);
    assert!(
        error.contains("no split train, but all") && error.contains("dataset -- split"),
        "{error}"
    );
    let divided = example("dataset", &["split", data.to_str().expect("UTF-8")]);
    assert!(divided.status.success(), "{}", stderr(&divided));
    let output = train_imagenet(&small_run(&data.join("split.csv"), &run));
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn test_images_stay_test_images_when_the_rest_is_divided() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, run) = (folder.path().join("clothes"), folder.path().join("run"));
    as_folders(&data.join("train"), Split::Train, 256);
    as_folders(&data.join("test"), Split::Validation, 64);
    let error = stderr(&train_imagenet(&small_run(&data, &run)));
    let path = data.to_str().expect("UTF-8");
    let command = format!("--example dataset -- split {path} --keep test`");
    assert!(error.contains("no split validation") && error.contains(&command), "{error}");
    let divided = example("dataset", &["split", path, "--keep", "test"]);
    assert!(divided.status.success(), "{}", stderr(&divided));
    let manifest = data.join("split.csv");
    let lines = fs::read_to_string(&manifest).expect("written");
    let published = lines.lines().filter(|line| line.starts_with("test/"));
    assert_eq!(published.filter(|line| line.ends_with(",test")).count(), 64);
    let of_split = |split: &str| lines.lines().filter(|line| line.ends_with(split)).count();
    assert_eq!(of_split(",test"), 64, "and no other");
    assert!(of_split(",validation") > 16 && of_split(",train") > 192, "{lines}");
    let output = train_imagenet(&small_run(&manifest, &run));
    assert!(output.status.success(), "{}", stderr(&output));
}

#[test]
fn shards_of_another_number_of_classes_are_an_error_with_the_flag_that_the_preparation_tells() {
    let folder = tempfile::tempdir().expect("a folder");
    let [raw, out, run] = ["raw", "out", "run"].map(|name| folder.path().join(name));
    for part in ["train", "val"] {
        fs::create_dir_all(raw.join(part)).expect("a folder");
        save_jpegs(&raw.join(part), "boot", BOOT, 40);
        save_jpegs(&raw.join(part), "shirt", SHIRT, 40);
    }
    let [raw, out, run] = [&raw, &out, &run].map(|path| path.to_str().expect("UTF-8"));
    let few = ["--train-shards", "1", "--validation-shards", "1", "--label-offset", "0"];
    let prepared = example("prepare_imagenet", &[&["--raw", raw, "--out", out], &few[..]].concat());
    let told = stdout(&prepared);
    let command = told.lines().find_map(|line| line.strip_prefix("Train: ")).expect("a command");
    assert!(command.ends_with("--num-classes 2 --label-offset 0"), "{command}");
    let small = ["--model-dir", run, "--device", "cpu", "--resnet-size", "8", "--stem", "small"];
    let small = [&small[..], &["--image-size", "28", "--batch-size", "8"]].concat();
    let short = [&small[..], &["--max-steps", "1"]].concat();
    let error = stderr(&train_imagenet(&[&["--data-dir", out], &short[..]].concat()));
    let remedy = "2 classes, and the recipe has 1000: add --num-classes 2";
    assert!(error.contains(remedy), "{error}");
    let flags: Vec<&str> = command.split_once(" -- ").expect("flags").1.split(' ').collect();
    let output = train_imagenet(&[&flags[..], &short].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let names = fs::read_to_string(Path::new(run).join("classes.json")).expect("the names");
    assert!(names.contains("boot") && names.contains("shirt"), "{names}");
}

#[test]
fn another_number_of_classes_is_an_error_with_the_flag_to_add() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("clothes");
    for split in ["train", "val"] {
        fs::create_dir_all(data.join(split).join("shirt")).expect("a folder");
        fs::write(data.join(split).join("shirt/1.jpg"), "").expect("written");
    }
    let error = stderr(&train_imagenet(&small_run(&data, &folder.path().join("run"))));
    assert!(error.contains("1 classes") && error.contains("--num-classes 1"), "{error}");
}

/// The files of a class in `folder`, as lines of a manifest.
fn lines(folder: &Path, split: &str, class: u32) -> String {
    let files = fs::read_dir(folder.join(format!("{split}/class-{class}"))).expect("a class");
    let name = |file: fs::DirEntry| file.file_name().into_string().expect("UTF-8");
    let line = |file| format!("{split}/class-{class}/{file},class-{class},{split}\n");
    files.map(|file| line(name(file.expect("a file")))).collect()
}

#[test]
fn a_validation_image_of_a_class_that_nothing_teaches_is_an_error_with_its_name() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, run) = (folder.path().join("clothes"), folder.path().join("run"));
    as_folders(&data.join("train"), Split::Train, 256);
    as_folders(&data.join("validation"), Split::Validation, 64);
    let taught = (0..10).filter(|class| *class != 3).map(|class| lines(&data, "train", class));
    let asked = (0..10).map(|class| lines(&data, "validation", class));
    let manifest = data.join("all.csv");
    let header = "path,label,split\n".to_owned();
    let text: String = std::iter::once(header).chain(taught).chain(asked).collect();
    fs::write(&manifest, text).expect("written");
    let output = train_imagenet(&small_run(&manifest, &run));
    assert_eq!(output.status.code(), Some(1));
    let error = stderr(&output);
    assert!(error.contains("validation images have classes without any training image: class-3;"));

    fs::remove_file(manifest).expect("removed");
    fs::remove_dir_all(data.join("train/class-3")).expect("removed");
    let output = train_imagenet(&small_run(&data, &run));
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("class-3"), "{}", stderr(&output));
}

/// The first images of the sample that are of a class below 9, as WebDataset.
fn as_tar(path: &Path, split: Split, count: usize) {
    let mut tar = tar::Builder::new(fs::File::create(path).expect("a file"));
    let mut add = |name: String, content: &[u8]| {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        tar.append_data(&mut header, name, content).expect("written");
    };
    let images = sample_jpegs(split).filter(|(label, _)| *label < 9).take(count);
    for (number, (label, jpeg)) in images.enumerate() {
        add(format!("{number:04}.jpg"), &jpeg);
        add(format!("{number:04}.cls"), label.to_string().as_bytes());
    }
    tar.finish().expect("written");
}

#[test]
fn classes_without_an_image_and_without_a_name_are_classes_if_a_flag_or_a_network_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("clothes");
    fs::create_dir(&data).expect("a folder");
    as_tar(&data.join("train-0.tar"), Split::Train, 128);
    as_tar(&data.join("validation-0.tar"), Split::Validation, 64);
    let run = folder.path().join("run");
    let flags = small_run(&data, &run);
    // Nobody has to listen, either.
    let output = unheard("train_imagenet", &flags);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(run.join("report.html").is_file() && run.join("metrics.jsonl").is_file());
    let [data, run] = [&data, &run].map(|path| path.to_str().expect("UTF-8"));
    let judge = ["--model-dir", run, "--device", "cpu", "--resamples", "0"];
    let output = unheard("evaluate", &[&judge[..], &["--data", data]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let judged = Path::new(run).join("evaluation-validation");
    for name in ["report.html", "predictions.csv", "figures.json"] {
        assert!(judged.join(name).is_file(), "{name}");
    }
    // Shards have no column to group by.
    let error = stderr(&example("evaluate", &[&judge[..], &["--group", "patient"]].concat()));
    assert!(error.contains("only a manifest has columns"), "{error}");
    let without = ["--data-dir", data, "--max-steps", "1", "--set", "model.num_classes=10"];
    let error = stderr(&train_imagenet(&[&without[..], &["--device", "cpu"]].concat()));
    assert!(error.contains("9 classes") && error.contains("or --num-classes 10"), "{error}");
}
