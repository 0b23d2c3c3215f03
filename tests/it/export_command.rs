//! The program `export_onnx` as a person or a script runs it.

use std::fs;

use crate::support::{example, slice_of_sample, small_run, stderr, stdout, train_imagenet};

#[test]
fn a_run_becomes_an_onnx_file_that_says_what_it_needs() {
    let folder = tempfile::tempdir().expect("a folder");
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    fs::create_dir(&data).expect("made");
    slice_of_sample(&data);
    let output = train_imagenet(&[&small_run(&data, &model)[..], &["--max-steps", "2"]].concat());
    assert!(output.status.success(), "{}", stderr(&output));
    let [model, file, kept] = ["model", "a.onnx", "b.onnx"]
        .map(|name| folder.path().join(name).to_str().expect("UTF-8").to_owned());
    let output = example("export_onnx", &["--model-dir", &model, &file]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stdout(&output).contains("step-000000000002"), "{}", stdout(&output));
    let folded = fs::read(&file).expect("a file");
    let holds = |bytes: &[u8], text: &str| {
        bytes.windows(text.len()).any(|window| window == text.as_bytes())
    };
    for text in ["images", "logits", "layer1.0.conv1.weight", "classes", "mean", "transform"] {
        assert!(holds(&folded, text), "{text}");
    }
    assert!(!holds(&folded, "BatchNormalization"));

    let again = example("export_onnx", &["--model-dir", &model, &file]);
    assert_eq!(again.status.code(), Some(1));
    assert!(stderr(&again).contains("--force writes over it"), "{}", stderr(&again));
    let flags = ["--model-dir", &model, &kept, "--keep-batch-norm", "--fixed-size"];
    assert!(example("export_onnx", &flags).status.success());
    assert!(holds(&fs::read(&kept).expect("a file"), "BatchNormalization"));
}
