//! The program as a person meets it.

#[path = "../../examples/common/command.rs"]
mod command;

use std::fs;

use resnet::{Recipe, presets};

use crate::support::{slice_of_sample, small_run, stderr, stdout, train_imagenet};
use command::{cargo_run, cargo_run_with, quoted};

#[test]
fn help_explains_every_flag() {
    let help = stdout(&train_imagenet(&["--help"]));
    for flag in [
        "--data-dir",
        "--model-dir",
        "--resnet-size",
        "--batch-size",
        "--train-epochs",
        "--device",
        "--synthetic",
        "--eval-only",
        "--max-steps",
        "--fresh",
        "--on-bad-image",
        "--base-lr",
        "--checkpoint-minutes",
        "--keep-best",
        "--on-non-finite",
        "--stop-threshold",
        "--patience",
        "--accept-changed-data",
    ] {
        assert!(help.contains(flag), "{flag} is not in --help");
    }
    assert!(help.matches("[default").count() >= 20, "every value has its default:\n{help}");
}

#[test]
fn the_defaults_in_help_are_those_of_the_presets() {
    let (imagenet, sample) = (presets::tutorial(), presets::fashion_mnist_sample());
    let both = |value: &dyn Fn(&Recipe) -> String| {
        format!("[default: {}; {}]", value(&imagenet), value(&sample))
    };
    let help = stdout(&train_imagenet(&["--help"]));
    for default in [
        both(&|recipe| recipe.model.name.replace("resnet", "")),
        both(&|recipe| recipe.model.num_classes.to_string()),
        both(&|recipe| recipe.train.batch_size.to_string()),
        both(&|recipe| recipe.train.epochs.to_string()),
        both(&|recipe| recipe.schedule.base_lr.to_string()),
        both(&|recipe| recipe.schedule.warmup.length.amount().to_string()),
        both(&|recipe| recipe.optimizer.weight_decay.to_string()),
        both(&|recipe| recipe.loss.label_smoothing.to_string()),
    ] {
        assert!(help.contains(&default), "{default} is not in --help");
    }
}

#[test]
fn the_tutorials_spelling_of_flags_is_understood() {
    let output = train_imagenet(&[
        "--data_dir",
        "/no/such/folder",
        "--resnet_size",
        "50",
        "--train_epochs",
        "1",
        "--batch_size",
        "8",
        "--device",
        "cpu",
    ]);
    assert!(stderr(&output).contains("/no/such/folder"), "{}", stderr(&output));
}

#[test]
fn without_arguments_the_first_line_says_that_this_is_the_sample() {
    let model = tempfile::tempdir().expect("a folder");
    let folder = model.path().to_str().expect("UTF-8");
    let output = train_imagenet(&["--model-dir", folder, "--max-steps", "2"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    let first = text.lines().next().expect("a line");
    assert!(first.contains("bundled sample") && first.contains("Fashion-MNIST"), "{first}");
    assert!(text.lines().nth(1).is_some_and(|line| line.starts_with("Device: ")), "{text}");
    assert!(text.contains(&format!("tensorboard --logdir {folder}")), "{text}");
    let go_on =
        format!("Go on: {} -- --model-dir {}\n", cargo_run("train_imagenet"), quoted(folder));
    assert!(text.contains(&go_on), "{text}");
}

#[test]
fn a_command_to_type_has_the_features_that_were_compiled_in() {
    let plain = "cargo run --release --example train_imagenet";
    assert_eq!(cargo_run_with("train_imagenet", &[]), plain);
    let with = "cargo run --release --features cuda,mpi --example train_imagenet";
    assert_eq!(cargo_run_with("train_imagenet", &["cuda", "mpi"]), with);
    assert_eq!(cargo_run("train_imagenet").contains("dicom"), cfg!(feature = "dicom"));
}

#[cfg(unix)]
#[test]
fn a_run_that_a_signal_stops_goes_on_to_the_limit_that_it_had() {
    use std::io::{BufRead, BufReader};
    use std::process::{Command, Stdio};

    let model = tempfile::tempdir().expect("a folder");
    let mut child = Command::new(crate::support::example_path("train_imagenet"))
        .args(["--max-steps", "1000", "--log-every", "1", "--device", "cpu", "--model-dir"])
        .arg(model.path())
        .stdout(Stdio::piped())
        .spawn()
        .expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("a pipe")).lines();
    let mut next = || lines.next().map(|line| line.expect("text"));
    while !next().expect("it trains").starts_with("step 2/") {}
    let id = child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &id]).status().expect("it runs").success());
    let last = std::iter::from_fn(&mut next).last().expect("it says what to do");
    assert_eq!(child.wait().expect("it ends").code(), Some(75));
    assert!(last.starts_with("Go on: ") && last.contains("--max-steps 1000"), "{last}");
}

#[cfg(unix)]
#[test]
fn an_argument_that_is_not_utf_8_is_an_error_in_one_line() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;

    let program = crate::support::example_path("train_imagenet");
    let odd = OsStr::from_bytes(b"pictures-\xff");
    let output = std::process::Command::new(program).arg("--data-dir").arg(odd).output();
    let output = output.expect("it runs");
    let said = stderr(&output);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.starts_with("error: pictures-") && said.contains("not UTF-8"), "{said}");
    assert_eq!(said.lines().count(), 1, "{said}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_under_standard_output_is_named() {
    for (program, arguments) in [("zoo", &[][..]), ("tfrecord", &["info", "SHARD"])] {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has it");
        let shard = crate::support::sample().join("train-00000-of-00004");
        let shard = shard.to_str().expect("UTF-8");
        let arguments = arguments.iter().map(|&word| if word == "SHARD" { shard } else { word });
        let mut command = std::process::Command::new(crate::support::example_path(program));
        let output = command.args(arguments).stdout(full).output().expect("it runs");
        assert_eq!(output.status.code(), Some(1), "{program}");
        let said = stderr(&output);
        assert!(said.starts_with("error: standard output: No space left"), "{program}: {said}");
    }
}

#[test]
fn the_same_command_again_goes_on_and_then_evaluates() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    // The layout that the preparation tool leaves: a folder for each part.
    for (part, shard) in
        [("train", "train-00000-of-00004"), ("validation", "validation-00000-of-00002")]
    {
        let folder = data.path().join(part);
        fs::create_dir(&folder).expect("a folder");
        let one = format!("{part}-00000-of-00001");
        fs::copy(crate::support::sample().join(shard), folder.join(one)).expect("copied");
    }
    let flags = small_run(data.path(), model.path());
    let mut stopped = flags.clone();
    stopped.extend(["--max-steps", "3"]);
    assert!(train_imagenet(&stopped).status.success());
    let text = stdout(&train_imagenet(&flags));
    assert!(text.contains("Continuing at step 3"), "{text}");
    assert!(text.contains("epoch 1/1") && text.contains("of 300 images"), "{text}");

    fs::remove_dir_all(data.path().join("train")).expect("evaluating needs no training shards");
    let mut evaluating = flags;
    evaluating.push("--eval-only");
    let output = train_imagenet(&evaluating);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.contains("step-000000000010") && text.contains("of 300 images"), "{text}");
    let seen_larger =
        [&evaluating[..], &["--zero-gamma", "--set", "data.validation_resize=28"]].concat();
    let output = train_imagenet(&seen_larger);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("of 300 images") && stdout(&output) != text,
        "another look at them"
    );
    let elsewhere = tempfile::tempdir().expect("no run here");
    let [best, elsewhere] = [model.path().join("best.safetensors"), elsewhere.path().to_owned()];
    let mut of_weights = evaluating.clone();
    *of_weights
        .iter_mut()
        .find(|flag| **flag == model.path().to_str().expect("UTF-8"))
        .expect("the folder") = elsewhere.to_str().expect("UTF-8");
    of_weights.extend(["--pretrained", best.to_str().expect("UTF-8")]);
    let output = train_imagenet(&of_weights);
    let last_line = |text: &str| text.lines().last().map(str::to_owned);
    assert_eq!(last_line(&stdout(&output)), last_line(&text), "{}", stderr(&output));
    let output = train_imagenet(&[&evaluating[..], &["--set", "model.num_classes=7"]].concat());
    let said = stderr(&output);
    assert!(
        said.contains("model.num_classes was 10 and is now 7; leave these flags out"),
        "{said}"
    );
}

#[test]
fn evaluating_nothing_says_to_train_first() {
    let (data, model) = (tempfile::tempdir().expect("a"), tempfile::tempdir().expect("b"));
    slice_of_sample(data.path());
    let mut flags = small_run(data.path(), model.path());
    flags.push("--eval-only");
    let output = train_imagenet(&flags);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("train first"), "{}", stderr(&output));
}

#[test]
fn made_up_images_train_without_data() {
    let model = tempfile::tempdir().expect("a folder");
    let folder = model.path().to_str().expect("UTF-8");
    let output = train_imagenet(&[
        "--synthetic",
        "--model-dir",
        folder,
        "--resnet-size",
        "18",
        "--image-size",
        "32",
        "--batch-size",
        "8",
        "--max-steps",
        "2",
        "--device",
        "cpu",
    ]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("step 2/2"), "{}", stdout(&output));
}

#[test]
fn an_unknown_device_is_refused_with_the_known_ones() {
    let output = train_imagenet(&["--device", "tpu"]);
    assert!(!output.status.success());
    assert!(stderr(&output).contains("auto, cpu, cuda:N"), "{}", stderr(&output));
}

#[test]
fn a_search_for_the_rate_leaves_a_curve_and_names_a_flag() {
    let model = tempfile::tempdir().expect("a folder");
    let folder = model.path().to_str().expect("UTF-8");
    let output = train_imagenet(&["--find-lr", "--model-dir", folder, "--device", "cpu"]);
    let text = stdout(&output);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(text.contains("lowest loss") && text.contains("--base-lr"), "{text}");
    for name in ["lr-finder.csv", "lr-finder.svg"] {
        assert!(model.path().join(name).exists(), "{name}");
    }
}

#[test]
fn several_devices_and_one_by_its_number_are_refused_together() {
    for count in ["2", "all"] {
        let output = train_imagenet(&["--device", "cuda:1", "--num-gpus", count]);
        assert!(!output.status.success());
        let text = stderr(&output);
        assert!(
            text.contains("--device cuda:1") && text.contains("write --device cuda\n"),
            "{text}"
        );
    }
}

#[test]
fn a_batch_size_that_fits_is_found() {
    let model = tempfile::tempdir().expect("a folder");
    let folder = model.path().to_str().expect("UTF-8");
    let flags = ["--batch-size=auto", "--max-steps=1", "--device=cpu", "--model-dir", folder];
    let output = train_imagenet(&flags);
    let text = stdout(&output);
    assert!(output.status.success(), "{text} {}", stderr(&output));
    let found = text.lines().find_map(|line| line.strip_prefix("Batch size: ")).expect(&text);
    let size: usize = found.trim_end_matches('.').parse().expect("a number");
    assert!(size >= 8 && text.contains("Batches of 16: "), "{text}");
    let saved = fs::read_to_string(model.path().join("config.toml")).expect("a recipe");
    assert!(saved.contains(&format!("batch_size = {size}")), "{saved}");
    // The run goes on with the size that it has.
    let again = stdout(&train_imagenet(&flags));
    assert!(!again.contains("Batches of") && again.contains("Continuing at step 1"), "{again}");
}
