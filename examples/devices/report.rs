//! The survey as text.

use std::fmt::Write;

use serde_json::Value;

pub(crate) fn text(whole: &Value) -> String {
    let mut text = String::new();
    let backends = list(&whole["compiled"]).iter().map(|backend| {
        let (name, feature) = (words(&backend["name"]), words(&backend["feature"]));
        if backend["compiled"] == true {
            name
        } else {
            format!("{name} is not (--features {feature})")
        }
    });
    line(&mut text, &format!("Compiled in: {}.", backends.collect::<Vec<_>>().join(", ")));
    line(&mut text, &auto(&whole["auto"]));
    for entry in list(&whole["devices"]) {
        line(&mut text, "");
        device(&mut text, entry);
    }
    text.trim_end().to_owned()
}

fn auto(auto: &Value) -> String {
    match auto["error"].as_str() {
        Some(error) => format!("--device auto finds nothing: {error}."),
        None => {
            format!("--device auto takes: {} ({}).", words(&auto["name"]), words(&auto["reason"]))
        }
    }
}

fn device(text: &mut String, entry: &Value) {
    let name = words(&entry["device"]);
    if let Some(error) = entry["error"].as_str() {
        return line(text, &format!("{name}: NOT WORKING: {error}"));
    }
    let facts = &entry["facts"];
    let kind = if facts["software"] == true { ", a driver that computes on the CPU" } else { "" };
    line(text, &format!("{name}: {}{kind}", words(&facts["name"])));
    let memory = match facts["memory_bytes"].as_f64() {
        Some(bytes) => format!("{:.1} GiB", bytes / f64::from(1 << 30)),
        None => "not reported".to_owned(),
    };
    let types = list(&facts["float_types"]).iter().map(words).collect::<Vec<_>>().join(", ");
    line(text, &format!("  memory {memory}; computes in {types}"));
    let smoke = &facts["smoke_step_seconds"];
    let (first, second) = (seconds(&smoke["first"]), seconds(&smoke["second"]));
    line(text, &format!("  smoke step (ResNet-8): first {first}, then {second}"));
    list(&entry["checks"]).iter().for_each(|pass| check(text, pass));
}

fn check(text: &mut String, pass: &Value) {
    let verdict = if pass["ok"] == true { "as on the CPU" } else { "NOT as on the CPU" };
    let cache = match pass["pass"].as_str() {
        Some("cold") => ", nothing tuned before",
        Some("warm") => ", with the kernels tuned before",
        _ => ", Burn's own operations beside our kernels",
    };
    line(text, &format!("  check{cache}: {verdict} ({})", seconds(&pass["seconds"])));
    if let Some(error) = pass["error"].as_str() {
        line(text, &format!("    ended early: {error}"));
    }
    let (mut convolutions, mut worst) = (0, 0.0_f64);
    for result in list(&pass["results"]) {
        if let Some(network) = result["network"].as_str() {
            line(text, &format!("    {network}: {}", differences(result)));
            continue;
        }
        convolutions += 1;
        worst = OPERATIONS
            .iter()
            .filter_map(|part| result[part]["error"].as_f64())
            .fold(worst, f64::max);
        if result["ok"] != true {
            line(text, &format!("    {}: {}", words(&result["convolution"]), differences(result)));
        }
    }
    if convolutions > 0 {
        line(
            text,
            &format!(
                "    {convolutions} convolutions, with gradients: largest difference {worst:.1e}"
            ),
        );
    }
}

const OPERATIONS: [&str; 3] = ["output", "input_gradient", "weight_gradient"];

/// Every measured difference; those that are too large say so.
fn differences(result: &Value) -> String {
    let mut parts = Vec::new();
    for (name, measured) in result.as_object().into_iter().flatten() {
        let Some(most) = measured["most"].as_f64() else { continue };
        // JSON has no word for what is not a number: it is null.
        let error = measured["error"].as_f64().unwrap_or(f64::NAN);
        let mark =
            if error <= most { String::new() } else { format!(" (at most {most:.0e} is right)") };
        parts.push(format!("{} {error:.1e}{mark}", name.replace('_', " ")));
    }
    let times = &result["step_seconds"];
    if times.is_object() {
        parts.push(format!("steps {} and {}", seconds(&times["first"]), seconds(&times["second"])));
    }
    parts.join(", ")
}

fn line(text: &mut String, words: &str) {
    writeln!(text, "{words}").expect("a string takes every text");
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn words(value: &Value) -> String {
    value.as_str().unwrap_or("?").to_owned()
}

fn seconds(value: &Value) -> String {
    value.as_f64().map_or_else(|| "?".to_owned(), |seconds| format!("{seconds:.3} s"))
}
