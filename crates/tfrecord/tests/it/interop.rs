//! TensorFlow and TensorBoard read what we write, value for value, and we read what they write.
//!
//! The tests need a Python with tensorflow and tensorboard, named in `RESNET_PYTHON`:
//!
//!     RESNET_PYTHON=python3 cargo test --release -p tfrecord-codec -- --include-ignored interop

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use tfrecord_codec::events::{EventWriter, EventWriterOptions, HParam, SessionStatus};
use tfrecord_codec::{
    Compression, ExampleBuilder, FeatureValues, RecordReader, SequenceExampleBuilder, WriterOptions,
};

use crate::describe::{self, float_bits};
use crate::support::{imagenet, packed};

const TIME: f64 = 1_700_000_000.25;
const LARGE: usize = 64 << 20;

fn check(command: &str, path: &Path) {
    let python = std::env::var_os("RESNET_PYTHON");
    let python = python.expect("set RESNET_PYTHON to a Python with tensorflow and tensorboard");
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/check.py");
    let run = Command::new(python).arg(script).arg(command).arg(path).output().expect("it starts");
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(run.status.success(), "{}\n{}", text(&run.stdout), text(&run.stderr));
    println!("{}", text(&run.stdout));
}

/// The pattern that `check.py large` writes.
fn large() -> Vec<u8> {
    (0..LARGE as u32 / 4).flat_map(u32::to_le_bytes).collect()
}

fn examples() -> Vec<Vec<u8>> {
    let extremes = [0, 1, -1, i64::MIN, i64::MAX];
    let floats = [0.0, -0.0, f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, 1e-45];
    let kinds = ExampleBuilder::new()
        .bytes_list("bytes/two", &[b"", b"\0\xff"])
        .bytes_list("bytes/none", &[])
        .float_list("float/seven", &floats)
        .float_list("float/none", &[])
        .int64_list("int64/five", &extremes)
        .int64_list("int64/none", &[])
        .int64("größe/🐕", 42);
    let unnamed = ExampleBuilder::new().int64("", 7);
    vec![ExampleBuilder::new().build(), imagenet(&[0xff; 3000]), kinds.build(), unnamed.build()]
}

fn sequences() -> Vec<Vec<u8>> {
    let steps = [FeatureValues::Float(0.5), FeatureValues::BytesList(&[b"a", b""])];
    let context = ExampleBuilder::new().int64("id", -1);
    let whole =
        SequenceExampleBuilder::new().context(context).list("steps", steps).list("none", []);
    vec![SequenceExampleBuilder::new().build(), whole.build()]
}

fn write(path: &Path, records: &[Vec<u8>], content: Option<&str>) -> Value {
    std::fs::write(path, packed(records, Compression::None)).expect("writable");
    describe::file(path, content)
}

fn write_runs(dir: &Path) -> (PathBuf, Value) {
    let run = dir.join("run");
    let mut writer = EventWriterOptions::new().clock(|| TIME).create(&run).expect("creates");
    write_events(&mut writer).expect("room");
    let scalars = json!([[1, float_bits(0.1)], [2, float_bits(f32::NAN)]]);
    let hparams = json!([{ "lr": 0.1, "model": "resnet50", "nesterov": true }, TIME]);
    let wanted = json!({
        "run scalars train/loss": scalars,
        "run images picture": [[3, ["3", "2", latin1(crate::events::PNG)]]],
        "run histograms weights": [[4, 4.0]],
        "run text note": [[5, [latin1("# größe".as_bytes())]]],
        "run hparams _hparams_/experiment":
            [[["lr", 3], ["model", 1], ["nesterov", 2]], ["train/loss"], TIME],
        "run hparams _hparams_/session_start_info": hparams,
        "run hparams _hparams_/session_end_info": [1, TIME],
    });
    (writer.path().to_path_buf(), wanted)
}

fn write_events(writer: &mut EventWriter) -> tfrecord_codec::Result<()> {
    let model = HParam::Text("resnet50".to_owned());
    let hparams =
        [("lr", HParam::Number(0.1)), ("model", model), ("nesterov", HParam::Switch(true))];
    writer.hparams(&hparams, &["train/loss"])?;
    writer.scalar("train/loss", 1, 0.1)?;
    writer.scalar("train/loss", 2, f32::NAN)?;
    writer.image("picture", 3, crate::events::PNG)?;
    writer.histogram("weights", 4, [-1.0, 0.0, 0.5, 1e10])?;
    writer.text("note", 5, "# größe")?;
    writer.session_end(SessionStatus::Success)?;
    writer.flush()
}

/// As Python's `bytes.decode("latin-1")`.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| char::from(*byte)).collect()
}

#[test]
#[ignore = "needs TensorFlow: set RESNET_PYTHON and run with --include-ignored"]
fn tensorflow_and_tensorboard_read_what_we_write() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let mut files = Vec::new();
    let plain = [Vec::new(), b"a".to_vec(), vec![7; 100_000], Vec::new(), large()];
    for compression in [Compression::None, Compression::Gzip, Compression::Zlib] {
        for (name, records) in [("empty", &plain[..0]), ("records", &plain[..])] {
            let path = dir.path().join(format!("{name}.{compression}"));
            let options = WriterOptions::new().compression(compression).level(1);
            let mut writer = options.create(&path).expect("creates");
            records.iter().try_for_each(|record| writer.write(record)).expect("room");
            writer.finish().expect("room");
            let mut entry = describe::file(&path, None);
            entry["compression"] = json!(compression.to_string());
            files.push(entry);
        }
    }
    files.push(write(&dir.path().join("examples"), &examples(), Some("examples")));
    files.push(write(&dir.path().join("sequences"), &sequences(), Some("sequences")));
    let (events, tensorboard) = write_runs(&dir.path().join("runs"));
    std::fs::copy(&events, dir.path().join("events")).expect("writable");
    files.push(describe::file(&dir.path().join("events"), Some("events")));
    let manifest =
        json!({ "files": files, "deterministic": ["examples"], "tensorboard": tensorboard });
    std::fs::write(dir.path().join("manifest.json"), manifest.to_string()).expect("writable");
    check("files", dir.path());
}

#[test]
#[ignore = "needs TensorFlow: set RESNET_PYTHON and run with --include-ignored"]
fn a_record_of_64_mib_that_tensorflow_wrote_reads_bit_for_bit() {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let path = dir.path().join("large");
    check("large", &path);
    let mut reader = RecordReader::open(&path).expect("there");
    let records: Vec<_> = reader.records().collect::<Result<_, _>>().expect("whole");
    assert_eq!(records.len(), 1);
    assert!(records[0] == large());
}
