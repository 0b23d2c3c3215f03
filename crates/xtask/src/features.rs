//! Every crate with every feature alone, and without any.

use anyhow::Result;
use clap::Args;
use serde_json::Value;

use crate::cargo;

/// Features that need compilers or libraries which not every machine has, or half an hour.
const HEAVY: [&str; 10] =
    ["wgpu", "vulkan", "metal", "cuda", "cuda-nvrtc", "rocm", "gpu", "cube", "cubecl", "mpi"];

#[derive(Args)]
pub(crate) struct FeaturesArgs {
    /// Only this crate.
    #[arg(long)]
    package: Option<String>,
    /// Also the features of GPUs and of MPI: they compile for half an hour and need CUDA's headers and an MPI.
    #[arg(long)]
    heavy: bool,
    /// Only list what would be checked.
    #[arg(long)]
    list: bool,
}

pub(crate) fn run(args: &FeaturesArgs) -> Result<()> {
    for package in cargo::packages()? {
        let name = package["name"].as_str().unwrap_or_default();
        if args.package.as_deref().is_none_or(|wanted| wanted == name) {
            for feature in sets(&package, args.heavy) {
                check(name, &feature, args.list)?;
            }
        }
    }
    Ok(())
}

/// No feature, then each one.
fn sets(package: &Value, heavy: bool) -> Vec<String> {
    let features = package["features"].as_object().into_iter().flatten().map(|(name, _)| name);
    let wanted = features.filter(|name| heavy || !HEAVY.contains(&name.as_str()));
    std::iter::once(String::new()).chain(wanted.cloned()).collect()
}

fn check(package: &str, feature: &str, list: bool) -> Result<()> {
    let mut arguments = vec!["clippy", "--release", "-p", package, "--no-default-features"];
    if !feature.is_empty() {
        arguments.extend(["--features", feature]);
    }
    // Clippy is for the compiler's own warnings, which it can deny: what a set of features leaves out has looks of its own.
    arguments.extend(["--", "-D", "warnings", "-A", "clippy::all", "-A", "clippy::pedantic"]);
    if list {
        println!("cargo {}", arguments.join(" "));
        return Ok(());
    }
    cargo::run(&cargo::root()?, &arguments)
}
