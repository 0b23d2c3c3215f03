//! What `cargo add resnet` would bring: every crate is packed and unpacked, and a program outside the workspace is
//! compiled with the unpacked files alone.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::cargo;

/// Bytes that a package may have; crates.io takes five times as many.
const LIMIT: u64 = 2_000_000;
/// What every published manifest says.
const FIELDS: [&str; 4] = ["description", "license", "repository", "rust_version"];

pub(crate) fn run() -> Result<()> {
    let packages = published()?;
    packages.iter().try_for_each(is_described)?;
    cargo::run(&cargo::root()?, &["package", "--workspace", "--no-verify", "--exclude", "xtask"])?;
    let target = cargo::target()?;
    let folder = target.join("package");
    let unpacked = folder.join("unpacked");
    if unpacked.exists() {
        fs::remove_dir_all(&unpacked)?;
    }
    fs::create_dir_all(&unpacked)?;
    let crates =
        packages.iter().map(|p| unpack(p, &folder, &unpacked)).collect::<Result<Vec<_>>>()?;
    let program = program_outside(&crates, &facade_version(&packages)?, &folder.join("outside"))?;
    cargo::run(&program, &["check", "--release", "--target-dir", path(&target)?])?;
    println!("{} packages are complete, and a program outside compiles with them", crates.len());
    Ok(())
}

/// The packages of the workspace that are published.
fn published() -> Result<Vec<Value>> {
    let packages = cargo::packages()?.into_iter();
    Ok(packages.filter(|package| package["publish"].is_null()).collect())
}

/// What a program outside asks for.
fn facade_version(packages: &[Value]) -> Result<String> {
    let facade = packages.iter().find(|package| name(package) == "resnet");
    let version = facade.and_then(|package| package["version"].as_str());
    Ok(version.context("no package resnet with a version")?.to_owned())
}

fn name(package: &Value) -> &str {
    package["name"].as_str().unwrap_or_default()
}

fn is_described(package: &Value) -> Result<()> {
    for field in FIELDS {
        ensure!(package[field].is_string(), "{} has no {field}", name(package));
    }
    for list in ["keywords", "categories"] {
        let empty = package[list].as_array().is_none_or(Vec::is_empty);
        ensure!(!empty, "{} has no {list}", name(package));
    }
    Ok(())
}

/// A crate from its package: its name and where it now lies.
fn unpack(package: &Value, packed: &Path, to: &Path) -> Result<(String, PathBuf)> {
    let full = format!("{}-{}", name(package), package["version"].as_str().unwrap_or_default());
    let file = packed.join(format!("{full}.crate"));
    let bytes = fs::metadata(&file).with_context(|| file.display().to_string())?.len();
    ensure!(bytes <= LIMIT, "{full} has {bytes} bytes, {LIMIT} are allowed");
    // With the time of now (`m`): packages have one time for all files, by which cargo would take an older
    // package, compiled in the same folder, for this one.
    let tar = Command::new("tar").arg("xzmf").arg(&file).arg("-C").arg(to).status()?;
    ensure!(tar.success(), "tar cannot unpack {}", file.display());
    let folder = to.join(&full);
    for licence in ["LICENSE-MIT", "LICENSE-APACHE"] {
        ensure!(folder.join(licence).is_file(), "{full} has no {licence}");
    }
    println!("{full}: {bytes} bytes");
    Ok((name(package).to_owned(), folder))
}

/// The program of `tests/outside`, which gets `resnet` and what it uses from the unpacked files.
fn program_outside(crates: &[(String, PathBuf)], version: &str, folder: &Path) -> Result<PathBuf> {
    let root = cargo::root()?;
    let source = root.join("tests/outside");
    fs::create_dir_all(folder.join("src"))?;
    fs::copy(source.join("src/main.rs"), folder.join("src/main.rs"))?;
    fs::copy(root.join("Cargo.lock"), folder.join("Cargo.lock"))?;
    let manifest = fs::read_to_string(source.join("Cargo.toml"))?;
    let mut manifest = manifest.replace(r#"{ path = "../.." }"#, &format!("{version:?}"));
    ensure!(!manifest.contains("path"), "the program outside still uses a path");
    manifest.push_str("\n[patch.crates-io]\n");
    for (name, folder) in crates {
        manifest.push_str(&format!("{name} = {{ path = {:?} }}\n", path(folder)?));
    }
    fs::write(folder.join("Cargo.toml"), manifest)?;
    Ok(folder.to_owned())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().with_context(|| format!("{} is not UTF-8", path.display()))
}
