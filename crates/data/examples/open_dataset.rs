//! Opens a data set and reads every image, without decoding: how long that takes, as one line of JSON.
//!
//! ```sh
//! cargo run --release -p resnet-data --example open_dataset -- PATH [--cache FILE] [--read]
//! ```

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Instant;

use resnet_data::{Dataset, DatasetOptions, Source};

/// Coprime to most lengths: steps of it visit images far apart, each once.
const STRIDE: usize = 7919;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<OsString> = std::env::args_os().skip(1).collect();
    let path = arguments.first().ok_or("name a data set")?;
    let cache = arguments.iter().position(|argument| argument == "--cache");
    let cache = cache.and_then(|place| arguments.get(place + 1)).map(PathBuf::from);
    let start = Instant::now();
    let options = DatasetOptions { cache, ..DatasetOptions::default() };
    let dataset = Dataset::open(Path::new(path), &options)?;
    let opened = start.elapsed().as_secs_f64();
    let mut report = serde_json::json!({
        "layout": dataset.layout().to_string(),
        "classes": dataset.classes().len(),
        "open_s": opened,
        "resident_mb": resident_mb(),
    });
    for split in dataset.splits() {
        let images = dataset.split(split).ok_or("a split that is listed")?;
        report[split]["images"] = images.len().into();
        if arguments.iter().any(|argument| argument == "--read") {
            report[split]["in_order_images_per_s"] = rate(&*images, 1)?.into();
            report[split]["shuffled_images_per_s"] = rate(&*images, STRIDE)?.into();
        }
    }
    println!("{report}");
    Ok(())
}

/// Images read in a second by one thread.
fn rate(images: &dyn Source, stride: usize) -> Result<f64, resnet_data::DataError> {
    let (start, mut record) = (Instant::now(), Vec::new());
    for step in 0..images.len() {
        images.read(step * stride % images.len(), &mut record)?;
    }
    Ok(images.len() as f64 / start.elapsed().as_secs_f64())
}

/// Largest resident memory of the process so far, where the system says.
fn resident_mb() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kb| kb / 1024)
}
