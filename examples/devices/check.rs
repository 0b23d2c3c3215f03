//! The comparison of a device with the CPU.

use std::str::FromStr;
use std::time::Duration;

use anyhow::{Result, ensure};
use resnet::kernels::use_kernels;
use resnet::{DeviceChoice, choose_device};
use serde_json::{Value, json};

use crate::Args;
use crate::compare::{compare, tolerances};
use crate::convolutions::{Side, compare_all};
use crate::process::{self, Invocation};
use crate::step::observe;

/// A network and its input.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Trial {
    pub(crate) layers: usize,
    pub(crate) side: usize,
    pub(crate) batch: usize,
}

impl FromStr for Trial {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers = text.split(':').map(str::parse).collect::<Result<Vec<usize>, _>>();
        match numbers.as_deref() {
            Ok(&[layers, side, batch]) if side > 0 && batch > 1 => Ok(Self { layers, side, batch }),
            _ => {
                Err("write LAYERS:PIXELS:BATCH, for example 50:64:8; a batch has at least 2 images"
                    .to_owned())
            }
        }
    }
}

/// Checks `device` in processes of their own: with nothing in autotune's cache, then with what the
/// first left there. The CPU has no such cache.
pub(crate) fn passes(device: DeviceChoice, args: &Args, limit: Duration) -> Result<Vec<Value>> {
    let names: &[&str] = if device == DeviceChoice::Cpu { &["only"] } else { &["cold", "warm"] };
    let cache = format!("resnet-devices-{}", std::process::id());
    names.iter().map(|&name| pass(name, &command(device, args, &cache), limit)).collect()
}

fn pass(name: &str, invocation: &Invocation, limit: Duration) -> Result<Value> {
    let done = process::lines(invocation, limit)?;
    let right = |line: &Value| line["ok"] == json!(true);
    let ok = done.failure.is_none() && done.lines.iter().all(right);
    let (lines, seconds) = (done.lines, done.seconds);
    Ok(
        json!({ "pass": name, "ok": ok, "error": done.failure, "seconds": seconds, "results": lines }),
    )
}

fn command(device: DeviceChoice, args: &Args, cache: &str) -> Invocation {
    let trial = |Trial { layers, side, batch }: &Trial| format!("{layers}:{side}:{batch}");
    let trials = args.trials.iter().map(trial).collect::<Vec<_>>().join(",");
    let mut arguments = vec!["--child", "check", "--trials", &trials, "--device"]
        .into_iter()
        .map(str::to_owned)
        .collect::<Vec<_>>();
    arguments.push(device.to_string());
    if args.without_convolutions {
        arguments.push("--without-convolutions".to_owned());
    }
    Invocation { arguments, cache: Some(cache.to_owned()) }
}

/// Checks `device` in this process and prints a line of JSON for everything that was compared.
pub(crate) fn print(device: DeviceChoice, trials: &[Trial], with_convolutions: bool) -> Result<()> {
    let (chosen, reference) = (choose_device(device)?, choose_device(DeviceChoice::Cpu)?);
    let most = tolerances(device);
    // The CPU is compared with itself: our kernels with Burn's operations.
    let by_device: fn() = if device == DeviceChoice::Cpu { without_kernels } else { with_kernels };
    for trial in trials {
        with_kernels();
        let expected = observe(trial, &reference.device)?;
        by_device();
        let found = observe(trial, &chosen.device)?;
        let mut line = compare(&found, &expected, &most);
        line["network"] =
            json!(format!("resnet{} at {} px, batch {}", trial.layers, trial.side, trial.batch));
        line["step_seconds"] = json!({ "first": found.seconds[0], "second": found.seconds[1] });
        line["step_seconds_cpu"] =
            json!({ "first": expected.seconds[0], "second": expected.seconds[1] });
        println!("{line}");
    }
    if with_convolutions {
        let side = Side { device: &chosen.device, first: by_device };
        let on_cpu = Side { device: &reference.device, first: with_kernels };
        compare_all(side, on_cpu, &most).for_each(|line| println!("{line}"));
    }
    ensure!(with_convolutions || !trials.is_empty(), "nothing to compare");
    Ok(())
}

fn with_kernels() {
    use_kernels(true);
}

fn without_kernels() {
    use_kernels(false);
}
