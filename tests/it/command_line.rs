//! The program as a person meets it.

use std::fs;

use resnet::{Recipe, presets};

use crate::support::{slice_of_sample, small_run, stderr, stdout, train_imagenet};

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
    assert!(text.contains("Go on: cargo run --release --example train_imagenet -- "), "{text}");
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
