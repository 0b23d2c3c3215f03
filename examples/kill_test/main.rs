//! Harms a training run at random moments, starts it again each time, and compares what is left at the
//! end with an undisturbed run: every byte of the last checkpoint and of the best weights.
//!
//! ```text
//! cargo build --release --examples
//! cargo run --release --example kill_test -- --harm kill --times 100
//! cargo run --release --example kill_test -- --help
//! ```
//!
//! The same seed draws the same moments; what the run does at them depends on the machine. Unix alone:
//! signals are sent by the shell's `kill`, the full disk is a tmpfs (Linux, root).

mod disk;
#[path = "../common/failure.rs"]
mod failure;
mod harm;
mod result;
mod round;
mod training;

use std::process::ExitCode;
use std::time::Instant;

use anyhow::Result;
use clap::Parser;
use resnet::data::SampleRng;

use crate::harm::Harm;
use crate::round::Rounds;
use crate::training::Training;

/// Harm a training run at random moments and compare its end with an undisturbed run.
#[derive(Debug, Parser)]
struct Args {
    /// What is done to the run.
    #[arg(long, default_value = "kill")]
    harm: Harm,
    /// How often.
    #[arg(long, value_name = "N", default_value_t = 100)]
    times: usize,
    /// Epochs of the run.
    #[arg(long, value_name = "N", default_value_t = 2)]
    epochs: u64,
    /// Devices that train together, with synchronised BatchNorm.
    #[arg(long, value_name = "N", default_value_t = 1)]
    ranks: usize,
    /// Seed of the moments.
    #[arg(long, default_value_t = 1)]
    seed: u64,
}

fn main() -> ExitCode {
    run(&Args::parse()).map_or_else(|error| failure::tell(&error), |()| ExitCode::SUCCESS)
}

fn run(args: &Args) -> Result<()> {
    let folder = tempfile::tempdir()?;
    let training = Training::find(args.epochs, args.ranks)?;
    let start = Instant::now();
    let undisturbed = folder.path().join("undisturbed");
    training.run_to_end(&undisturbed)?;
    let seconds = start.elapsed().as_secs_f64();
    println!("undisturbed run: {seconds:.1} s");
    let mut rounds = Rounds {
        training,
        undisturbed,
        seconds,
        random: SampleRng::for_sample(args.seed, 0, 0),
        wanted: args.times,
        done: 0,
    };
    let mut count = 0;
    while rounds.done < rounds.wanted {
        count += 1;
        let model = folder.path().join(format!("round-{count}"));
        match args.harm {
            Harm::FullDisk => rounds.with_full_disk(&model)?,
            harm => rounds.with_harm(&model, harm)?,
        }
        println!("round {count}: the same bytes as the undisturbed run");
    }
    let minutes = start.elapsed().as_secs_f64() / 60.0;
    println!("{} times in {count} rounds, {minutes:.1} minutes: all the same bytes", rounds.done);
    Ok(())
}
