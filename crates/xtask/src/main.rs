//! Maintenance commands of this workspace, run as `cargo run -p xtask -- COMMAND`.
//!
//! Nothing here is published: these commands make files that the repository holds, so that none of
//! them is made by hand, and compare documents with the code, so that neither drifts from the other.

use clap::{Parser, Subcommand};

mod cargo;
mod check;
mod features;
mod package;
mod sample;
mod weight;

#[derive(Parser)]
#[command(name = "xtask", about = "Maintenance commands of the resnet workspace")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Make the bundled sample (data/fashion-mnist) from the original Fashion-MNIST files.
    Sample(sample::SampleArgs),
    /// Compare the documents with the code: crates, invariants, links, size of the sample.
    Check,
    /// Pack every crate, unpack it, and compile a program outside the workspace with what was packed.
    Package,
    /// Compile every crate without features, and with each of its features alone.
    Features(features::FeaturesArgs),
    /// Count the crates that each set of features brings.
    Weight,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().task {
        Task::Sample(args) => sample::run(&args),
        Task::Check => check::run(),
        Task::Package => package::run(),
        Task::Features(args) => features::run(&args),
        Task::Weight => weight::run(),
    }
}
