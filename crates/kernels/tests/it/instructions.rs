//! The same tests with narrower vectors than this processor has.

use std::env;
use std::process::Command;

use resnet_kernels::{Instructions, instructions_in_use};

use crate::support::{INSTRUCTIONS, training};

/// Runs this program's tests of the kernels once more, in a process of its own.
fn passes_with(name: &str) {
    let modules =
        ["convolution", "batch_norm", "max_pool", "odd_values", "branches", "optimizer", "images"];
    let tests = env::current_exe().expect("the tests' own program");
    let mut command = Command::new(tests);
    command
        .args(modules.map(|module| format!("{module}::")))
        .arg("instructions::what_is_asked_for");
    let output = command.env(INSTRUCTIONS, name).output().expect("the tests start");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{name}: {said}");
    assert!(!said.contains("running 0 tests"), "{name}: {said}");
}

#[test]
fn every_test_passes_with_avx2() {
    passes_with("avx2");
}

#[test]
fn every_test_passes_with_what_every_processor_has() {
    passes_with("portable");
}

#[test]
fn what_is_asked_for_is_what_is_in_use() {
    drop(training());
    let wanted = match env::var(INSTRUCTIONS).as_deref() {
        Ok("avx2") => Instructions::Avx2,
        Ok("portable") => Instructions::Portable,
        _ => Instructions::Widest,
    };
    assert_eq!(instructions_in_use(), wanted);
}
