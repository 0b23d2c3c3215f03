//! Drivers for Vulkan that are missing, broken, hang or crash: a sentence each, and `auto` goes on to the CPU.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{example, example_path, slice_of_sample, small_run, stderr, stdout};

/// What Vulkan's loader looks for in a driver first.
const FIRST_CALL: &str = "vk_icdNegotiateLoaderICDInterfaceVersion";

/// A driver's description, which names `library`.
fn description(folder: &Path, library: &Path) -> PathBuf {
    let path = folder.join("driver.json");
    let api = r#""api_version": "1.3.0""#;
    let text = format!(
        r#"{{"file_format_version": "1.0.0", "ICD": {{"library_path": {library:?}, {api}}}}}"#
    );
    fs::write(&path, text).expect("written");
    path
}

/// A driver that does `body` when it is asked for its version; none without a compiler for C.
fn compiled(folder: &Path, body: &str) -> Option<PathBuf> {
    let (source, library) = (folder.join("driver.c"), folder.join("libdriver.so"));
    let includes = "#include <stdlib.h>\n#include <unistd.h>\n";
    fs::write(&source, format!("{includes}int {FIRST_CALL}(unsigned *version) {{ {body} }}\n"))
        .expect("written");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source);
    let is_compiled = compiler.status().is_ok_and(|status| status.success());
    is_compiled.then(|| description(folder, &library))
}

/// A program that sees no other driver.
fn run(program: &str, driver: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(example_path(program));
    command.args(arguments).env("VK_ICD_FILENAMES", driver).env("VK_DRIVER_FILES", driver);
    // Nor one for OpenGL, with which wgpu would make do.
    command.env("__EGL_VENDOR_LIBRARY_FILENAMES", "/nowhere/egl.json");
    command.output().expect("the example is built")
}

/// The survey of all devices.
fn survey(driver: &Path, arguments: &[&str]) -> (Value, String) {
    let output = run("devices", driver, &[&["--json"], arguments].concat());
    let whole = serde_json::from_str(&stdout(&output))
        .unwrap_or_else(|error| panic!("{error} in {}\n{}", stdout(&output), stderr(&output)));
    (whole, stderr(&output))
}

fn entry<'a>(whole: &'a Value, device: &str) -> Option<&'a Value> {
    whole["devices"].as_array()?.iter().find(|entry| entry["device"] == device)
}

/// That `auto` took the CPU and nothing looks like a crash of ours.
fn assert_goes_on(whole: &Value, complaints: &str) {
    let auto = &whole["auto"];
    assert!(auto["name"].as_str().is_some_and(|name| name.starts_with("CPU")), "{whole:#}");
    assert!(auto["reason"].as_str().is_some_and(|reason| reason.contains("wgpu: ")), "{auto}");
    assert!(!complaints.contains("panicked"), "{complaints}");
    let cpu = entry(whole, "cpu").expect("the CPU is always there");
    assert!(cpu["facts"]["smoke_step_seconds"]["second"].is_number(), "{cpu:#}");
}

#[test]
fn a_driver_that_cannot_be_loaded_is_not_there() {
    let folder = TempDir::new().expect("a folder");
    let garbage = folder.path().join("libgarbage.so");
    fs::write(&garbage, "not a library").expect("written");
    let empty = compiled(folder.path(), "return -1;");
    let absent = folder.path().join("absent.json");
    let drivers = [
        absent,
        description(folder.path(), &garbage),
        description(folder.path(), Path::new("/nowhere/libdriver.so")),
    ];
    for driver in drivers.into_iter().chain(empty) {
        let (whole, complaints) = survey(&driver, &[]);
        assert_goes_on(&whole, &complaints);
        let (whole, complaints) = survey(&driver, &["--device", "wgpu:0"]);
        let error = entry(&whole, "wgpu:0").and_then(|entry| entry["error"].as_str());
        assert!(error.is_some_and(|error| error.contains("no Vulkan")), "{whole:#}");
        assert!(!complaints.contains("panicked"), "{complaints}");
    }
}

#[test]
fn a_driver_that_crashes_or_hangs_is_a_line_of_the_list() {
    let folder = TempDir::new().expect("a folder");
    for (body, said) in [("abort();", "signal: 6"), ("for (;;) sleep(1);", "no answer in 15 s")] {
        let Some(driver) = compiled(folder.path(), body) else {
            eprintln!("SKIPPED: no compiler for C");
            return;
        };
        let (whole, complaints) = survey(&driver, &["--timeout", "15"]);
        let error = entry(&whole, "wgpu").and_then(|entry| entry["error"].as_str());
        assert!(error.is_some_and(|error| error.contains(said)), "{body} {whole:#}");
        assert!(entry(&whole, "cpu").is_some_and(|cpu| cpu["facts"].is_object()), "{whole:#}");
        assert!(!complaints.contains("panicked"), "{complaints}");
    }
}

#[test]
fn a_run_goes_on_with_the_cpu_when_a_driver_does_not_answer() {
    let folder = TempDir::new().expect("a folder");
    let Some(driver) = compiled(folder.path(), "for (;;) sleep(1);") else {
        eprintln!("SKIPPED: no compiler for C");
        return;
    };
    let (data, model) = (folder.path().join("data"), folder.path().join("model"));
    fs::create_dir(&data).expect("a folder");
    slice_of_sample(&data);
    let mut arguments = small_run(&data, &model);
    let device = arguments.iter().position(|&argument| argument == "cpu").expect("a device");
    arguments[device] = "auto";
    arguments.extend(["--max-steps", "2"]);
    let output = run("train_imagenet", &driver, &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let said = stdout(&output);
    assert!(said.contains("wgpu: no answer in 60 s") && said.contains("CPU ("), "{said}");
}

#[test]
fn an_adapter_of_a_number_that_there_is_not_is_refused_with_those_there_are() {
    let output = example("devices", &["--device", "wgpu:7", "--json"]);
    let whole: Value = serde_json::from_str(&stdout(&output)).expect("JSON");
    let error = entry(&whole, "wgpu:7").and_then(|entry| entry["error"].as_str());
    let error = error.expect("nobody has eight");
    assert!(error.contains("numbered from wgpu:0") || error.contains("no Vulkan"), "{error}");
    assert!(error.contains("--device auto"), "{error}");
    assert_eq!(output.status.code(), Some(1));
}
