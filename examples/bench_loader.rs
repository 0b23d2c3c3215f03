//! Images per second of the loader alone, on a folder of TFRecord shards or of a folder for each class.
//!
//! ```text
//! cargo run --release --example bench_loader -- --data-dir D --threads 1,2
//! cargo run --release --example bench_loader -- --images D/train --threads 1,2
//! ```
//!
//! Prints one JSON object per number of threads. The first epoch of each is not timed: it fills the
//! page cache and grows the buffers. `cpu_seconds` is the processor time of all threads together:
//! images per CPU second hardly depend on what else the machine does. `benches/peers/` has the same
//! measurement for torchvision and tf.data.

#[path = "common/failure.rs"]
mod failure;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use resnet_data::{
    ImageFiles, ImageRecords, LabelRange, Loader, LoaderOptions, LoaderStats, Source, Split,
    Transform,
};

/// Measure the input pipeline: images per second for each number of threads
#[derive(Parser)]
struct Args {
    /// Folder with the shards train-00000-of-N, flat or in train/
    #[arg(long, value_name = "DIR", required_unless_present = "images")]
    data_dir: Option<PathBuf>,
    /// Folder with a folder of images for each class, instead of shards
    #[arg(long, value_name = "DIR", conflicts_with = "data_dir")]
    images: Option<PathBuf>,
    /// Numbers of worker threads to measure, one after the other
    #[arg(long, value_name = "N,N", value_delimiter = ',', default_value = "1,2")]
    threads: Vec<usize>,
    /// Images per batch
    #[arg(long, value_name = "N", default_value_t = 64)]
    batch_size: usize,
    /// Side of the images in pixels after the transform
    #[arg(long, value_name = "PIXELS", default_value_t = 224)]
    size: usize,
    /// Measure resizing and centre crop instead of random crop and flip
    #[arg(long)]
    validation: bool,
    /// Timed epochs for each number of threads
    #[arg(long, value_name = "N", default_value_t = 3)]
    epochs: u64,
    /// Number of classes; labels run from the label offset to it
    #[arg(long, value_name = "N", default_value_t = 1000)]
    classes: u32,
    /// Label of the first class: 1 for ImageNet's shards
    #[arg(long, value_name = "N", default_value_t = 1)]
    label_offset: u32,
}

fn main() -> ExitCode {
    run(&Args::parse()).map_or_else(|error| failure::tell(&error), |()| ExitCode::SUCCESS)
}

fn run(args: &Args) -> Result<()> {
    let source = source(args)?;
    eprintln!("{}", source.describe());
    ensure!(args.epochs > 0, "at least one epoch must be timed: set --epochs to 1 or more");
    for &threads in &args.threads {
        let loader = Loader::new(Arc::clone(&source), options(args, threads))?;
        measure(args, threads, &loader)?;
    }
    Ok(())
}

fn source(args: &Args) -> Result<Arc<dyn Source>> {
    if let Some(folder) = &args.images {
        return Ok(Arc::new(ImageFiles::folder(folder)?));
    }
    let folder = args.data_dir.as_ref().context("--data-dir or --images is needed")?;
    let labels = LabelRange { num_classes: args.classes, offset: args.label_offset };
    Ok(Arc::new(ImageRecords::open(folder, Split::Train, labels)?))
}

fn options(args: &Args, workers: usize) -> LoaderOptions {
    let transform = match args.validation {
        true => Transform::imagenet_validation(args.size),
        false => Transform::imagenet_train(args.size),
    };
    LoaderOptions { workers, ..LoaderOptions::train(args.batch_size, 0, transform) }
}

/// Runs the epochs and prints the result of the timed ones.
fn measure(args: &Args, threads: usize, loader: &Loader) -> Result<()> {
    epoch(loader, 0)?;
    let (start, cpu) = (Instant::now(), cpu_seconds());
    let mut total = LoaderStats::default();
    for number in 1..=args.epochs {
        let stats = epoch(loader, number)?;
        total.read += stats.read;
        total.decode += stats.decode;
        total.transform += stats.transform;
        total.images += stats.images;
    }
    let seconds = start.elapsed().as_secs_f64();
    let cpu_seconds = cpu.and_then(|before| Some(cpu_seconds()? - before));
    let per_image = |time: std::time::Duration| 1e3 * time.as_secs_f64() / total.images as f64;
    // Images that were prepared but do not fill a batch count for nothing.
    let images = args.epochs as usize * loader.batches_per_epoch() * args.batch_size;
    println!(
        "{{\"loader\": \"resnet-data\", \"split\": \"{}\", \"size\": {}, \"batch_size\": {}, \
         \"threads\": {threads}, \"images\": {images}, \"seconds\": {seconds:.3}, \
         \"images_per_second\": {:.1}, \"cpu_seconds\": {}, \"read_ms\": {:.3}, \"decode_ms\": {:.3}, \
         \"transform_ms\": {:.3}, \"peak_rss_mib\": {}}}",
        if args.validation { "validation" } else { "train" },
        args.size,
        args.batch_size,
        images as f64 / seconds,
        cpu_seconds.map_or("null".to_owned(), |seconds| format!("{seconds:.2}")),
        per_image(total.read),
        per_image(total.decode),
        per_image(total.transform),
        peak_rss_mib().map_or("null".to_owned(), |mib| mib.to_string()),
    );
    Ok(())
}

/// Loads one epoch and throws it away.
fn epoch(loader: &Loader, number: u64) -> Result<LoaderStats> {
    let mut batches = loader.epoch(number, 0);
    while let Some(batch) = batches.next() {
        batches.recycle(batch?);
    }
    Ok(batches.stats())
}

/// The most memory this process ever had, where the system says so (Linux).
fn peak_rss_mib() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<u64>().ok().map(|kib| kib / 1024)
}

/// Processor time of this process so far, where the system says so (Linux).
fn cpu_seconds() -> Option<f64> {
    // Fields 14 and 15 of proc(5), in hundredths of a second; 3 is the first after the name.
    let stat = std::fs::read_to_string("/proc/self/stat").ok()?;
    let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
    let [user, system] = [fields.get(11)?, fields.get(12)?];
    Some((user.parse::<f64>().ok()? + system.parse::<f64>().ok()?) / 100.0)
}
