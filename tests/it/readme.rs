//! Every command in the README does what it says there, in a folder with nothing but the data that it names.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::support::{example_path, stderr, stdout};
use crate::wardrobe::{BOOT, SHIRT, save_jpegs, wardrobe};

const README: &str = include_str!("../../README.md");
const CARGO: &str = "cargo run --release --example ";

/// A command of the README, what makes it small enough for a test, and what it prints or leaves.
struct Promise {
    command: &'static str,
    smaller: &'static [&'static str],
    prints: &'static str,
    leaves: &'static str,
}

/// In the order in which one needs what the other made.
const PROMISES: &[Promise] = &[
    Promise {
        command: "train_imagenet",
        smaller: &["--max-steps", "2"],
        prints: "Curves:    tensorboard --logdir runs/fashion-mnist",
        leaves: "runs/fashion-mnist/checkpoints",
    },
    Promise {
        command: "prepare_imagenet -- --raw DIR --out D",
        smaller: &["--train-shards", "2", "--validation-shards", "1"],
        prints: "",
        leaves: "D/train-00000-of-00002",
    },
    Promise {
        command: "train_imagenet -- --data-dir D --model-dir M --resnet-size 50 --batch-size 256 --train-epochs 90",
        smaller: SMALL_RESNET_50,
        prints: "ResNet-50",
        leaves: "M/checkpoints",
    },
    Promise {
        command: "predict -- --model-dir M PICTURES",
        smaller: &["--newest", "--device", "cpu"],
        prints: "%  boot",
        leaves: "",
    },
    Promise { command: "dataset -- info PICTURES", smaller: &[], prints: "boot", leaves: "" },
    Promise {
        command: "dataset -- split PICTURES --group-until _",
        smaller: &[],
        prints: "",
        leaves: "PICTURES/split.csv",
    },
    Promise { command: "dataset -- sample PICTURES", smaller: &[], prints: ".png", leaves: "" },
    Promise {
        command: "train_imagenet -- --data-dir PICTURES/split.csv --num-classes 2 --model resnet18 --batch-size 32",
        smaller: &["--set=train.batch_size=4", "--set=data.image_size=32", "--max-steps=1"],
        prints: "ResNet-18",
        leaves: "runs/PICTURES/checkpoints",
    },
    Promise {
        command: "finetune -- --data PICTURES",
        smaller: &["--model", "resnet8", "--epochs", "1", "--batch-size", "8", "--device", "cpu"],
        prints: "AUROC",
        leaves: "",
    },
    Promise {
        command: "devices -- --check",
        smaller: &["--trials", "18:32:4"],
        prints: "CPU",
        leaves: "",
    },
    Promise { command: "tfrecord -- --help", smaller: &[], prints: "repair", leaves: "" },
];

const SMALL_RESNET_50: &[&str] = &[
    "--set=train.batch_size=4",
    "--set=data.image_size=32",
    "--set=data.validation_size=32",
    "--set=data.validation_resize=32",
    "--set=model.num_classes=2",
    "--max-steps=1",
    "--device=cpu",
];

/// What follows `cargo run --release --example` wherever the README has it with arguments, and in its blocks without.
fn commands() -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for line in README.lines() {
        let alone = line.strip_prefix(CARGO).map(str::to_owned);
        let within = line.split('`').filter_map(|code| code.strip_prefix(CARGO)).map(str::to_owned);
        found.extend(alone.into_iter().chain(within.filter(|command| command.contains(" -- "))));
    }
    found
}

/// Boots and shirts: a folder for each, and as ImageNet with a folder for each split.
fn lay_out(folder: &Path) {
    fs::rename(wardrobe(40).keep(), folder.join("PICTURES"))
        .expect("in the same folder of the system");
    for root in ["DIR/train", "DIR/val"] {
        let root = folder.join(root);
        fs::create_dir_all(&root).expect("made");
        for (name, class) in [("boot", BOOT), ("shirt", SHIRT)] {
            save_jpegs(&root, name, class, 40);
        }
    }
}

fn run(promise: &Promise, folder: &Path) -> Output {
    let mut words = promise.command.split(' ').filter(|word| *word != "--");
    let program = example_path(words.next().expect("a program"));
    let mut command = Command::new(program);
    command.args(words).args(promise.smaller).current_dir(folder);
    command.output().expect("the example is built")
}

#[test]
fn every_command_of_the_readme_works_in_a_clean_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    lay_out(folder.path());
    for promise in PROMISES {
        let output = run(promise, folder.path());
        let what = format!("{}\n{}\n{}", promise.command, stdout(&output), stderr(&output));
        assert!(output.status.success(), "{what}");
        assert!(what.contains(promise.prints), "not {:?}: {what}", promise.prints);
        assert!(folder.path().join(promise.leaves).exists(), "no {:?}: {what}", promise.leaves);
    }
}

#[test]
fn no_command_of_the_readme_is_left_out() {
    let tested = PROMISES.iter().map(|promise| promise.command.to_owned()).collect();
    // What the transcript of the first command ends with.
    let shown: BTreeSet<_> = ["train_imagenet -- --fresh".to_owned()].into();
    let commands: BTreeSet<_> = commands().difference(&shown).cloned().collect();
    assert_eq!(commands, tested);
}
