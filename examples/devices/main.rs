//! Which devices this program can use, whether they work, and whether they compute what the CPU
//! computes.
//!
//! ```text
//! cargo run --release --example devices
//! cargo run --release --features cuda --example devices -- --check
//! cargo run --release --features wgpu --example devices -- --device wgpu:0 --json
//! ```
//!
//! Drivers are asked, and every device is tried, in processes of their own with a time limit: a driver that
//! crashes or hangs is reported, not shared. Exit code 1 means that a device failed that was named or checked.

mod check;
mod compare;
mod convolutions;
mod distance;
mod facts;
mod found;
mod process;
mod report;
mod step;

#[path = "../common/ending.rs"]
mod ending;
#[path = "../common/failure.rs"]
mod failure;
#[path = "../common/stdout.rs"]
mod stdout;

use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::{Parser, ValueEnum};
use resnet::DeviceChoice;
use resnet::training::device::backends;
use serde_json::{Value, json};

use check::Trial;
use stdout::say;

/// List the devices that this program can use, try each, and compare them with the CPU
#[derive(Parser)]
#[command(name = "devices")]
struct Args {
    /// Only these devices, for example cuda:0,cpu [default: all that are found]
    #[arg(long, value_name = "DEVICE,DEVICE", value_delimiter = ',')]
    device: Vec<DeviceChoice>,
    /// Compare convolutions and training steps with the CPU's, with an empty and with a filled cache
    /// of autotune
    #[arg(long)]
    check: bool,
    /// Networks to compare, as LAYERS:PIXELS:BATCH
    #[arg(
        long,
        value_name = "L:P:B,…",
        value_delimiter = ',',
        default_value = "18:64:8,50:64:8,50:224:4"
    )]
    trials: Vec<Trial>,
    /// Leave out the comparison of single convolutions
    #[arg(long)]
    without_convolutions: bool,
    /// One JSON object instead of text
    #[arg(long)]
    json: bool,
    /// Longest time for one device and one pass of its checks
    #[arg(long, value_name = "SECONDS", default_value_t = 900)]
    timeout: u64,
    /// What this process does as a child of another one
    #[arg(long, hide = true)]
    child: Option<Child>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Child {
    Auto,
    Found,
    Facts,
    Check,
}

impl Args {
    /// Tells a person why it takes a while.
    fn tell(&self, text: &str) {
        if !self.json {
            eprintln!("{text}");
        }
    }
}

fn main() -> ExitCode {
    ending::of(run(&Args::parse()))
}

fn run(args: &Args) -> Result<u8> {
    match (args.child, &args.device[..]) {
        (Some(Child::Auto), _) => found::print_auto()?,
        (Some(Child::Found), &[DeviceChoice::Gpu(api, _)]) => found::print(api)?,
        (Some(Child::Facts), &[device]) => facts::print(device)?,
        (Some(Child::Check), &[device]) => {
            check::print(device, &args.trials, !args.without_convolutions)?;
        }
        _ => return survey(args),
    }
    Ok(ending::DONE)
}

/// Tries every device in a process of its own and reports.
fn survey(args: &Args) -> Result<u8> {
    let limit = Duration::from_secs(args.timeout);
    args.tell("Asking the drivers for devices ...");
    let (devices, mut entries) = match &args.device[..] {
        [] => found::all(limit)?,
        devices => (devices.to_vec(), Vec::new()),
    };
    for device in devices {
        args.tell(&format!("Trying {device} ..."));
        entries.push(examine(args, device, limit)?);
    }
    let failed = entries.iter().any(|entry| failed(entry, args));
    let auto = found::auto(limit)?;
    let whole = json!({ "compiled": compiled(), "auto": auto, "devices": entries });
    if args.json {
        say(&serde_json::to_string_pretty(&whole)?)?;
    } else {
        say(&report::text(&whole))?;
    }
    Ok(if failed { ending::FAILED } else { ending::DONE })
}

fn examine(args: &Args, device: DeviceChoice, limit: Duration) -> Result<Value> {
    let mut entry = json!({ "device": device.to_string() });
    match process::lines(&facts::command(device)?, limit)?.answer() {
        Err(reason) => entry["error"] = json!(reason),
        Ok(lines) => {
            entry["facts"] = lines.into_iter().next().unwrap_or_default();
            if args.check {
                entry["checks"] = check::passes(device, args, limit)?.into();
            }
        }
    }
    Ok(entry)
}

/// A device that merely was found may be broken; one that somebody relies on may not.
fn failed(entry: &Value, args: &Args) -> bool {
    let wrong = |pass: &Value| pass["ok"] != json!(true);
    let broken = entry.get("error").is_some() && (args.check || !args.device.is_empty());
    broken || entry["checks"].as_array().is_some_and(|passes| passes.iter().any(wrong))
}

fn compiled() -> Vec<Value> {
    let backends = backends().into_iter();
    backends
        .map(|b| json!({ "name": b.name, "feature": b.feature, "compiled": b.compiled }))
        .collect()
}
