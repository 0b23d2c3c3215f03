//! How many crates of others each set of features brings.

use std::collections::BTreeSet;

use anyhow::Result;
use serde_json::json;

use crate::cargo;

/// Sets of features of `resnet` that people choose between.
const SETS: [&str; 6] = ["", "flex", "flex,wgpu", "flex,cuda", "flex,mpi", "flex,parquet,download"];

/// Prints one JSON object: for each set the number of crates, and the crates of each Burn-free library.
pub(crate) fn run() -> Result<()> {
    let features = SETS.iter().map(|set| {
        let crates = count("resnet", &["--no-default-features", "--features", set])?;
        Ok(json!({"features": set, "crates": crates}))
    });
    let features = features.collect::<Result<Vec<_>>>()?;
    let mut libraries = Vec::new();
    for package in cargo::packages()? {
        let name = package["name"].as_str().unwrap_or_default();
        if package["publish"].is_null() && name != "resnet" {
            let default = count(name, &[])?;
            libraries.push(json!({"library": name, "crates": default}));
        }
    }
    let result = json!({"command": "cargo run -p xtask -- weight", "resnet": features, "libraries": libraries});
    println!("{}", serde_json::to_string_pretty(&result)?);
    Ok(())
}

/// Crates that are not ours, without those of tests, on this kind of machine.
fn count(package: &str, features: &[&str]) -> Result<usize> {
    let arguments = ["tree", "-p", package];
    let options = ["--edges", "normal,build", "--prefix", "none", "--format", "{p}"];
    let tree = cargo::output(&[&arguments[..], features, &options[..]].concat())?;
    let names = tree.lines().map(|line| line.trim_end_matches(" (*)"));
    // Ours are listed with their folder.
    Ok(names
        .filter(|line| !line.contains('(') || line.contains("(proc-macro)"))
        .collect::<BTreeSet<_>>()
        .len())
}
