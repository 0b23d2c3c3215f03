//! Cargo, as these commands call it.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

/// The folder of the workspace.
pub(crate) fn root() -> Result<PathBuf> {
    Ok(Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize()?)
}

/// Runs cargo in `folder`, with its output where a person sees it.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Result<()> {
    eprintln!("cargo {}", arguments.join(" "));
    let status = Command::new("cargo").args(arguments).current_dir(folder).status()?;
    ensure!(status.success(), "cargo {} failed in {}", arguments.join(" "), folder.display());
    Ok(())
}

/// What cargo prints when it is run in the workspace.
pub(crate) fn output(arguments: &[&str]) -> Result<String> {
    let output = Command::new("cargo").args(arguments).current_dir(root()?).output()?;
    let errors = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "cargo {}: {errors}", arguments.join(" "));
    Ok(String::from_utf8(output.stdout)?)
}

fn metadata() -> Result<Value> {
    let text = output(&["metadata", "--no-deps", "--format-version", "1"])?;
    Ok(serde_json::from_str(&text)?)
}

/// Every package of the workspace, as `cargo metadata` describes it.
pub(crate) fn packages() -> Result<Vec<Value>> {
    let metadata = metadata()?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    Ok(packages.clone())
}

/// The target folder: `CARGO_TARGET_DIR`, or `target`.
pub(crate) fn target() -> Result<PathBuf> {
    let metadata = metadata()?;
    let target = metadata["target_directory"].as_str().context("no target directory")?;
    Ok(PathBuf::from(target))
}
