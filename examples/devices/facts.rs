//! What a device is, and a smoke step with its time.

use std::fs;
use std::process::Command;
use std::time::Instant;

use anyhow::Result;
use resnet::training::device::{Facts, facts};
use resnet::{Chosen, DeviceChoice, choose_device};
use serde_json::{Value, json};

use crate::check::Trial;
use crate::process::Invocation;
use crate::step::{SmallRun, learner_for, made_up};

/// Small enough for a driver that computes on the CPU.
const SMOKE: Trial = Trial { layers: 8, side: 16, batch: 4 };

pub(crate) fn command(device: DeviceChoice) -> Result<Invocation> {
    let arguments = ["--child", "facts", "--device", &device.to_string()].map(str::to_owned).into();
    Ok(Invocation { arguments, cache: None })
}

/// Tries `device` and prints one line of JSON.
pub(crate) fn print(device: DeviceChoice) -> Result<()> {
    let start = Instant::now();
    let chosen = choose_device(device)?;
    let opened = start.elapsed().as_secs_f64();
    let facts = facts(&chosen);
    let mut run = SmallRun::new(learner_for(&SMOKE, &chosen.device)?, &chosen.device);
    let steps = [run.step(made_up(&SMOKE))?, run.step(made_up(&SMOKE))?];
    let memory = memory(&chosen, &facts);
    let line = json!({
        "name": chosen.name,
        "software": facts.software,
        "architecture": facts.architecture,
        "pci_address": facts.pci_address,
        "float_types": facts.float_types,
        "memory_bytes": memory,
        "open_seconds": opened,
        "smoke_step_seconds": { "first": steps[0], "second": steps[1] },
    });
    println!("{line}");
    Ok(())
}

/// Bytes that the device has in all; nothing where nobody says it.
fn memory(chosen: &Chosen, facts: &Facts) -> Value {
    let bytes = match &facts.pci_address {
        Some(address) => of_nvidia_card(address),
        None if chosen.api.is_none() => of_host(),
        None => None,
    };
    bytes.map_or(Value::Null, Value::from)
}

/// From NVIDIA's own tool, which numbers cards otherwise than CUDA does: hence the address.
fn of_nvidia_card(pci_address: &str) -> Option<u64> {
    let query = ["--query-gpu=memory.total", "--format=csv,noheader,nounits", "--id", pci_address];
    let output = Command::new("nvidia-smi").args(query).output().ok()?;
    let mebibytes: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().ok()?;
    Some(mebibytes << 20)
}

/// As Linux tells it.
fn of_host() -> Option<u64> {
    let table = fs::read_to_string("/proc/meminfo").ok()?;
    let line = table.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kibibytes: u64 = line.trim().trim_end_matches(" kB").parse().ok()?;
    Some(kibibytes << 10)
}
