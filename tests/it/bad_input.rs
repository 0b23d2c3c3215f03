//! Whatever is wrong with the input: one clear error, exit code not 0, nothing half-written.

#[path = "../../examples/common/bundled.rs"]
mod bundled;

use std::fs;
use std::path::Path;

use resnet::training::checkpoint;

use crate::support::{
    example, record_with_image, records, sample, slice_of_sample, small_run, stderr, stdout,
    train_imagenet, write_shard,
};
use crate::wardrobe::{small, wardrobe};

/// Runs on `data` and expects an error whose text has all of `parts`.
fn assert_refused(data: &Path, parts: &[&str]) {
    let model = tempfile::tempdir().expect("a folder");
    let output = train_imagenet(&small_run(data, &model.path().join("run")));
    let error = stderr(&output);
    assert!(!output.status.success(), "{}", stdout(&output));
    assert!(error.starts_with("error: ") && !error.contains("panicked"), "{error}");
    for part in parts {
        assert!(error.contains(part), "no `{part}` in: {error}");
    }
    // Steps before what is bad are kept.
    let entries = fs::read_dir(model.path().join("run/checkpoints")).into_iter().flatten();
    for path in entries.map(|entry| entry.expect("an entry").path()) {
        checkpoint::load(&path).expect("nothing half-written");
    }
}

#[test]
fn a_missing_folder() {
    assert_refused(Path::new("/no/such/folder"), &["/no/such/folder"]);
}

#[test]
fn every_program_tells_an_error_in_one_line_that_names_the_file() {
    const MISSING: &str = "/no/such/folder";
    let model = tempfile::tempdir().expect("a folder");
    let model = model.path().to_str().expect("UTF-8");
    for (program, arguments) in [
        ("bench_loader", &["--data-dir", MISSING][..]),
        ("dataset", &["info", MISSING]),
        ("evaluate", &["--model-dir", MISSING]),
        ("export_onnx", &["--model-dir", MISSING, "network.onnx"]),
        ("export_weights", &["--model-dir", MISSING]),
        ("finetune", &["--data", MISSING, "--model-dir", model]),
        ("predict", &["--model-dir", MISSING, "picture.png"]),
        ("prepare_imagenet", &["--raw", MISSING, "--out", model]),
        ("tfrecord", &["info", MISSING]),
        ("train_imagenet", &["--data-dir", MISSING, "--model-dir", model]),
        ("zoo", &[MISSING]),
    ] {
        let output = example(program, arguments);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{program}: {error}");
        assert!(error.starts_with("error: ") && error.contains(MISSING), "{program}: {error}");
        assert_eq!(error.lines().count(), 1, "{program}: {error}");
    }
}

#[test]
fn every_program_tells_wrong_flags_from_errors() {
    for (program, arguments, flag) in [
        ("bench_step", &["--batch-size", "x"][..], "--batch-size"),
        ("dataset", &["info", "--num-classes", "x"], "--num-classes"),
        ("devices", &["--device", "x"], "--device"),
        ("evaluate", &["--model-dir", "m", "--device", "x"], "--device"),
        ("export_onnx", &["network.onnx"], "--model-dir"),
        ("export_weights", &["--model-dir", "m", "--dtype", "x"], "--dtype"),
        ("finetune", &["--data", "d", "--epochs", "x"], "--epochs"),
        ("kill_test", &["--harm", "x"], "--harm"),
        ("predict", &["--model-dir", "m", "--top", "x", "p.png"], "--top"),
        ("prepare_imagenet", &["--raw", "r", "--out", "o", "--threads", "x"], "--threads"),
        ("tfrecord", &["convert", "f", "--level", "11", "-d", "o"], "--level"),
        ("train_imagenet", &["--resnet-version", "3"], "--resnet-version"),
        ("zoo", &["--format", "x"], "--format"),
    ] {
        let output = example(program, arguments);
        let error = stderr(&output);
        assert_eq!(output.status.code(), Some(2), "{program}: {error}");
        assert!(error.starts_with("error: ") && error.contains(flag), "{program}: {error}");
    }
}

#[test]
fn a_clone_that_has_moved_is_told_from_a_wrong_path() {
    assert_eq!(bundled::sample("give --data-dir").expect("it is here"), sample());
    let error = bundled::sample_of(Path::new("/no/such/clone"), "give --data-dir");
    let error = error.expect_err("it is not there").to_string();
    for part in ["/no/such/clone/data/fashion-mnist is gone: give --data-dir", "was compiled"] {
        assert!(error.contains(part), "{error}");
    }
}

#[test]
fn what_is_no_data_set_is_told_with_what_was_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let pictures = wardrobe(4);
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).expect("a folder");
    let picture = pictures.path().join("boot/boot0_0.jpg");
    for (data, found) in [
        (&*empty, "an empty folder"),
        (&*pictures.path().join("boot"), "boot0_0.jpg, boot0_1.jpg"),
        (&*picture, "a file with another extension"),
        #[cfg(unix)]
        (Path::new("/dev/null"), "a file with another extension"),
    ] {
        assert_refused(data, &["not recognised as a data set", found, "a folder for each class"]);
        let output = train_imagenet(&small_run(data, &folder.path().join("run")));
        assert_eq!(stdout(&output), "", "nothing is known of the images");
    }
}

#[test]
fn a_folder_one_level_too_high_is_told_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("pets/images");
    for image in ["train/cat/1.jpg", "train/dog/1.jpg"] {
        let image = data.join(image);
        fs::create_dir_all(image.parent().expect("a folder")).expect("made");
        fs::write(image, "").expect("written");
    }
    let above = folder.path().join("pets");
    assert_refused(&above, &["pets/images holds folders instead of images", "name it instead"]);
    let said = stderr(&small(&above, &folder.path().join("run"), &[]));
    assert!(said.contains("pets/images holds folders instead of images"), "{said}");
}

/// Every file below a folder with its bytes.
fn files(folder: &Path) -> Vec<(std::path::PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("it").path()) {
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let bytes = fs::read(&path).expect("a file");
            found.push((path, bytes));
        }
    }
    found.sort();
    found
}

#[test]
fn a_run_is_not_written_among_the_images() {
    let (shards, pictures) = (tempfile::tempdir().expect("a folder"), wardrobe(4));
    slice_of_sample(shards.path());
    let names = shards.path().join("classes.json");
    fs::copy(sample().join("classes.json"), names).expect("copied");
    let before = [files(shards.path()), files(pictures.path())];
    for (data, model) in [
        (shards.path(), shards.path().to_owned()),
        (shards.path(), shards.path().join("../").join(shards.path().file_name().expect("it"))),
        // The folder of other images.
        (&*sample(), shards.path().to_owned()),
        (pictures.path(), pictures.path().to_owned()),
        (pictures.path(), pictures.path().join("runs/new")),
    ] {
        for more in [&["--max-steps", "1"][..], &["--max-steps", "1", "--fresh"]] {
            let mut flags = [&small_run(data, &model)[..], more].concat();
            let classes = flags.iter().position(|flag| *flag == "10").expect("the classes");
            if data == pictures.path() {
                flags[classes] = "2";
            }
            let said = stderr(&train_imagenet(&flags));
            assert!(said.contains("choose another --model-dir"), "{said}");
        }
    }
    for model in [pictures.path().to_owned(), pictures.path().join("run")] {
        let said = stderr(&small(pictures.path(), &model, &["--fresh"]));
        assert!(said.contains("choose another --model-dir"), "{said}");
    }
    assert_eq!([files(shards.path()), files(pictures.path())], before);
}

#[test]
fn a_missing_shard_is_named() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let shard = data.path().join("train-00000-of-00001");
    fs::rename(shard, data.path().join("train-00000-of-00002")).expect("renamed");
    assert_refused(data.path(), &["train-00001-of-00002"]);
}

#[test]
fn a_flipped_bit_is_found_with_its_record_and_offset() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let shard = data.path().join("train-00000-of-00001");
    let mut bytes = fs::read(&shard).expect("a shard");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 0x10;
    fs::write(&shard, bytes).expect("written");
    assert_refused(data.path(), &["train-00000-of-00001", "record", "byte"]);
}

#[test]
fn a_truncated_shard_is_found_before_training() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let shard = data.path().join("train-00000-of-00001");
    let bytes = fs::read(&shard).expect("a shard");
    fs::write(&shard, &bytes[..bytes.len() - 5]).expect("written");
    assert_refused(data.path(), &["train-00000-of-00001", "record", "byte"]);
}

#[test]
fn a_record_without_an_image() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let mut broken = records(64);
    broken[3] = resnet::records::ExampleBuilder::new().int64("image/class/label", 1).build();
    write_shard(data.path(), "train", &broken);
    assert_refused(data.path(), &["record 3", "image/encoded"]);
}

#[test]
fn a_label_out_of_range_names_the_remedy() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let mut broken = records(64);
    broken[5] = record_with_image(b"whatever", 11);
    write_shard(data.path(), "train", &broken);
    assert_refused(data.path(), &["record 5", "label 11", "1..=10", "label offset"]);
}

#[test]
fn a_batch_larger_than_the_data_set() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    write_shard(data.path(), "train", &records(63));
    assert_refused(data.path(), &["64", "63"]);
}

#[test]
fn a_model_folder_that_cannot_be_made() {
    let data = tempfile::tempdir().expect("a folder");
    slice_of_sample(data.path());
    let file = data.path().join("file");
    fs::write(&file, b"").expect("a file");
    let output = train_imagenet(&small_run(data.path(), &file.join("run")));
    let error = stderr(&output);
    assert!(!output.status.success());
    assert!(error.contains("cannot write into the model folder"), "{error}");
    assert!(error.contains("--model-dir"), "{error}");
}

#[test]
fn a_checkpoint_of_another_architecture() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--max-steps", "1"]);
    assert!(train_imagenet(&flags).status.success());
    let size = flags.iter().position(|flag| *flag == "8").expect("the size");
    flags[size] = "20";
    let output = train_imagenet(&flags);
    let error = stderr(&output);
    assert!(!output.status.success());
    assert!(error.contains("model.name was resnet8 and is now resnet20"), "{error}");
}

/// A data set whose training image 3 of 64 is no JPEG.
fn with_a_corrupt_image(data: &Path) {
    slice_of_sample(data);
    let mut broken = records(64);
    broken[3] = record_with_image(b"\xFF\xD8 this is no picture", 4);
    write_shard(data, "train", &broken);
}

#[test]
fn a_corrupt_image_ends_the_run_by_default() {
    let data = tempfile::tempdir().expect("a folder");
    with_a_corrupt_image(data.path());
    assert_refused(data.path(), &["broken.JPEG", "record 3"]);
}

#[test]
fn a_corrupt_image_can_be_left_out_and_is_named() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    with_a_corrupt_image(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--on-bad-image", "skip"]);
    let output = train_imagenet(&flags);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.contains("left out") && text.contains("broken.JPEG"), "{text}");
}

#[test]
fn more_corrupt_images_than_allowed_end_the_run_after_all() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    with_a_corrupt_image(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.extend(["--on-bad-image", "skip", "--max-bad-images", "0"]);
    let output = train_imagenet(&flags);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("more than 0 bad images"), "{}", stderr(&output));
}
