//! A small data set, and the program as a person runs it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use resnet::records::{ExampleBuilder, IndexedFile, RecordWriter};

/// The bundled sample.
pub(crate) fn sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/fashion-mnist")
}

/// A quarter of the sample, 640 training and 300 validation images, as a data set of its own.
pub(crate) fn slice_of_sample(folder: &Path) {
    for (from, to) in [
        ("train-00000-of-00004", "train-00000-of-00001"),
        ("validation-00000-of-00002", "validation-00000-of-00001"),
    ] {
        fs::copy(sample().join(from), folder.join(to)).expect("the sample is in the repository");
    }
}

/// The first records of the bundled training set.
pub(crate) fn records(count: usize) -> Vec<Vec<u8>> {
    let shard = IndexedFile::open(sample().join("train-00000-of-00004")).expect("a shard");
    let read = |n| {
        let mut record = Vec::new();
        shard.read_record(n, &mut record).expect("a record");
        record
    };
    (0..count).map(read).collect()
}

/// Writes `records` as the only shard of a split.
pub(crate) fn write_shard(folder: &Path, prefix: &str, records: &[Vec<u8>]) -> PathBuf {
    let path = folder.join(format!("{prefix}-00000-of-00001"));
    let mut writer = RecordWriter::create(&path).expect("a shard");
    for record in records {
        writer.write(record).expect("a record");
    }
    writer.finish().expect("flushed");
    path
}

/// A record in the ImageNet schema with these bytes as its image.
pub(crate) fn record_with_image(encoded: &[u8], label: i64) -> Vec<u8> {
    ExampleBuilder::new()
        .bytes("image/encoded", encoded)
        .bytes("image/filename", b"broken.JPEG")
        .int64("image/class/label", label)
        .build()
}

/// A program of `examples`, built by `cargo test` beside this test.
pub(crate) fn example_path(name: &str) -> PathBuf {
    let tests = std::env::current_exe().expect("this test");
    let release = tests.parent().and_then(Path::parent).expect("target/release");
    release.join("examples").join(name)
}

/// Runs a program of `examples` to its end.
pub(crate) fn example(name: &str, arguments: &[&str]) -> Output {
    Command::new(example_path(name)).args(arguments).output().expect("the example is built")
}

/// Runs a program of `examples` of which nobody reads what it says.
pub(crate) fn unheard(name: &str, arguments: &[&str]) -> Output {
    let (_, nobody) = std::io::pipe().expect("a pipe");
    let mut command = Command::new(example_path(name));
    command.args(arguments).stdout(nobody).output().expect("the example is built")
}

/// The program `train_imagenet`.
pub(crate) fn train_imagenet(arguments: &[&str]) -> Output {
    example("train_imagenet", arguments)
}

/// Flags that make a run on `data` small: ResNet-8 for 28-pixel images, 64 images a step.
pub(crate) fn small_run<'a>(data: &'a Path, model: &'a Path) -> Vec<&'a str> {
    let text = |path: &'a Path| path.to_str().expect("UTF-8");
    let mut flags = vec!["--data-dir", text(data), "--model-dir", text(model), "--device", "cpu"];
    flags.extend(["--resnet-size", "8", "--stem", "small", "--num-classes", "10"]);
    flags.extend(["--image-size", "28", "--batch-size", "64", "--base-lr", "0.2"]);
    flags.extend(["--warmup-epochs", "0", "--train-epochs", "1"]);
    flags
}

pub(crate) fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

pub(crate) fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}
