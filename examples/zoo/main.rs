//! The named networks: parameters, multiply-adds and published accuracy.
//!
//! ```text
//! cargo run --release --example zoo
//! cargo run --release --example zoo -- seresnet --json
//! ```

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Parser;
use resnet::models::{ZooEntry, zoo};
use serde_json::{Value, json};

#[path = "../common/failure.rs"]
mod failure;
#[path = "../common/stdout.rs"]
mod stdout;

use stdout::say;

/// Print the table of networks; parameters and multiply-adds are counted, accuracy is as published
#[derive(Parser)]
#[command(name = "zoo")]
struct Args {
    /// Only networks whose names contain this
    filter: Option<String>,
    /// One JSON object for each network instead of a table, with the sources of the accuracies
    #[arg(long)]
    json: bool,
}

fn main() -> ExitCode {
    run(&Args::parse()).map_or_else(|error| failure::tell(&error), |()| ExitCode::SUCCESS)
}

fn run(args: &Args) -> Result<()> {
    let wanted = args.filter.as_deref().unwrap_or_default();
    let entries: Vec<_> = zoo().into_iter().filter(|entry| entry.name.contains(wanted)).collect();
    if entries.is_empty() {
        bail!("no network's name contains `{wanted}`; without a name all are listed");
    }
    let lines = if args.json { json_lines(&entries) } else { table(&entries) };
    say(lines.trim_end())
}

fn table(entries: &[ZooEntry]) -> String {
    let heading = format!(
        "{:<19}{:>6}{:>13}{:>16}  {:<16}{}\n",
        "name", "input", "parameters", "multiply-adds", "top-1 (at px)", "weights"
    );
    heading + &entries.iter().map(row).collect::<String>()
}

fn row(entry: &ZooEntry) -> String {
    let cost = entry.config.cost([entry.input_size; 2]);
    let (accuracy, weights) = match entry.published {
        Some(published) => {
            (format!("{:.2} % ({})", published.top1, published.input_size), published.weights)
        }
        None => ("-".to_owned(), "-"),
    };
    let (name, input) = (entry.name, entry.input_size);
    let millions = cost.parameters as f64 / 1e6;
    let billions = cost.multiply_adds as f64 / 1e9;
    format!("{name:<19}{input:>6}{millions:>11.2} M{billions:>14.3} G  {accuracy:<16}{weights}\n")
}

fn json_lines(entries: &[ZooEntry]) -> String {
    entries.iter().map(|entry| format!("{}\n", object(entry))).collect()
}

fn object(entry: &ZooEntry) -> Value {
    let cost = entry.config.cost([entry.input_size; 2]);
    let published = entry.published.map(|published| {
        json!({
            "top1": published.top1,
            "top5": published.top5,
            "input_size": published.input_size,
            "weights": published.weights,
            "source": published.source,
        })
    });
    json!({
        "name": entry.name,
        "input_size": entry.input_size,
        "parameters": cost.parameters,
        "multiply_adds": cost.multiply_adds,
        "published": published,
    })
}
