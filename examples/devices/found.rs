//! Which devices there are, and which of them `auto` takes, asked in processes of their own.

use std::time::Duration;

use anyhow::Result;
use resnet::training::device::found_through;
use resnet::{DeviceChoice, GpuApi, choose_device};
use serde_json::{Value, json};

use crate::process::{self, Invocation};

/// Every device, and an entry of the report for every kind whose drivers did not say what there is.
pub(crate) fn all(limit: Duration) -> Result<(Vec<DeviceChoice>, Vec<Value>)> {
    let (mut devices, mut broken) = (Vec::new(), Vec::new());
    for api in GpuApi::ALL.into_iter().filter(|api| api.is_compiled()) {
        match child(&["--child", "found", "--device", api.feature()], limit)? {
            Ok(lines) => {
                let names = lines.iter().filter_map(|line| line["device"].as_str());
                devices
                    .extend(names.map(str::parse::<DeviceChoice>).collect::<Result<Vec<_>, _>>()?);
            }
            Err(reason) => broken.push(json!({ "device": api.feature(), "error": reason })),
        }
    }
    if cfg!(feature = "flex") {
        devices.push(DeviceChoice::Cpu);
    }
    Ok((devices, broken))
}

/// What `--device auto` takes, and why.
pub(crate) fn auto(limit: Duration) -> Result<Value> {
    Ok(match child(&["--child", "auto"], limit)? {
        Ok(lines) => lines.into_iter().next().unwrap_or_default(),
        Err(reason) => json!({ "error": reason }),
    })
}

fn child(arguments: &[&str], limit: Duration) -> Result<Result<Vec<Value>, String>> {
    let arguments = arguments.iter().map(|&argument| argument.to_owned()).collect();
    Ok(process::lines(&Invocation { arguments, cache: None }, limit)?.answer())
}

/// Prints a line of JSON for every device of a kind.
pub(crate) fn print(api: GpuApi) -> Result<()> {
    for device in found_through(api)? {
        println!("{}", json!({ "device": device.to_string() }));
    }
    Ok(())
}

/// Prints what `auto` takes.
pub(crate) fn print_auto() -> Result<()> {
    let chosen = choose_device(DeviceChoice::Auto)?;
    println!("{}", json!({ "name": chosen.name, "reason": chosen.reason }));
    Ok(())
}
