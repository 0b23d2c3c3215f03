//! Trains a ResNet on TFRecord shards of ImageNet, or, without arguments, on the bundled sample.
//!
//!     cargo run --release --example train_imagenet
//!     cargo run --release --example train_imagenet -- --data-dir D --model-dir M \
//!         --resnet-size 50 --batch-size 256 --train-epochs 90
//!     cargo run --release --example train_imagenet -- --help
//!
//! Exit codes: 0 the run is complete or ended as a flag asked; 75 a signal stopped it, it is saved, and
//! the same command goes on; 130 a second Ctrl-C ended it at once; 1 an error, 2 wrong flags.

mod args;
mod batch_size;
#[path = "../common/bundled.rs"]
mod bundled;
#[path = "../common/command.rs"]
mod command;
#[path = "../common/ending.rs"]
mod ending;
mod evaluation;
#[path = "../common/failure.rs"]
mod failure;
mod images;
mod launch;
mod other_flags;
mod progress;
mod ranks;
mod recipe_args;
#[path = "../common/recipe_file.rs"]
mod recipe_file;
mod reliability;
#[path = "../common/signals.rs"]
mod signals;
#[path = "../common/stdout.rs"]
mod stdout;
mod tf_flags;
#[path = "../common/weights.rs"]
mod weights;

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, anyhow, ensure};
use clap::Parser;
use resnet::models::weights::Element;
use resnet::training::config;
use resnet::training::lr_finder::{LrRange, find_lr};
use resnet::training::memory::peak_bytes;
use resnet::training::pixels::settled;
use resnet::training::report::write_run_report;
use resnet::{
    Chosen, Datasets, Ending, Fanout, InitialWeights, Outcome, RunOptions, Sink, choose_device,
    export, train, train_on,
};

use crate::args::Args;
use crate::progress::Progress;
use crate::ranks::{DeviceCount, Place};
use crate::signals::Signals;
use crate::stdout::say;

fn main() -> ExitCode {
    let flags = match text(std::env::args_os().skip(1)).and_then(tf_flags::translate) {
        Ok(flags) => flags,
        Err(error) => {
            failure::tell(&error);
            return ExitCode::from(2);
        }
    };
    let args =
        Args::parse_from(std::iter::once("train_imagenet").chain(flags.iter().map(|f| &**f)));
    ending::of(match run(&args, &flags) {
        Err(error) if launch::is_told_by_another(&error) => Ok(ending::FAILED),
        result => result,
    })
}

/// The arguments, all of which are words or paths that are written into files of text.
fn text(arguments: impl Iterator<Item = OsString>) -> Result<Vec<String>> {
    let text = |argument: OsString| {
        argument.into_string().map_err(|odd| anyhow!("{}: not UTF-8: rename it", odd.display()))
    };
    arguments.map(text).collect()
}

/// What is asked for, by `args` read from `flags`.
fn run(args: &Args, flags: &[String]) -> Result<u8> {
    if args.recipe.list_presets {
        say(recipe_args::list().trim_end())?;
        return Ok(ending::DONE);
    }
    if args.recipe.print_config {
        let recipe = args.recipe()?;
        // There may be no such network.
        config(&recipe)?;
        say(recipe.to_toml().trim_end())?;
        return Ok(ending::DONE);
    }
    args.check_images()?;
    args.check_model_dir()?;
    if let Some(what) = args.is_for_one_device() {
        launch::alone(what)?;
        ensure!(
            args.num_gpus == DeviceCount::Exactly(1),
            "{what} is for one process and one device: leave --num-gpus out"
        );
    }
    if args.try_batch_size.is_some() || args.eval_only || args.find_lr {
        return on_one_device(args);
    }
    let place = Place::find(args.device, args.num_gpus)?;
    if place.is_chief() {
        say(&images::announcement(args)?)?;
        let exchange = args.recipe().map(|recipe| recipe.train.exchange).unwrap_or_default();
        say(&place.announcement(exchange))?;
    }
    let result = train_and_report(args, flags, &place);
    if let Err(error) = &result {
        place.world.end(&failure::describe(error));
    }
    result
}

/// Everything but training.
fn on_one_device(args: &Args) -> Result<u8> {
    say(&images::announcement(args)?)?;
    let chosen = choose_device(args.device)?;
    say(&format!("Device: {} ({}).", chosen.name, chosen.reason))?;
    if let Some(images) = args.try_batch_size {
        let recipe = args.recipe()?;
        let (datasets, _classes) = images::datasets(args, &recipe)?;
        let recipe = settled(&recipe, &*datasets.train)?.into_owned();
        batch_size::attempt(recipe, images, &chosen)
    } else if args.eval_only {
        evaluation::evaluate_only(args, &chosen)
    } else {
        find_rate(args, &chosen)
    }
}

fn train_and_report(args: &Args, flags: &[String], place: &Place) -> Result<u8> {
    let mut options = args.run_options()?;
    if let Some(request) = args.weights.request()? {
        let weights = args.weights.read(&args.weights.file(&request)?)?;
        if let Some(words) = weights::announcement(&request).filter(|_| place.is_chief()) {
            say(&words)?;
        }
        options.initial = Some(InitialWeights::for_another_task(weights));
    }
    let signals = Signals::install(&options.stop)?;
    let mut recipe = args.recipe()?;
    let (datasets, classes) = images::datasets(args, &recipe)?;
    let options = RunOptions { classes, ..options };
    if args.finds_batch_size() {
        let alone = place.world.is_alone() && place.devices.len() == 1;
        ensure!(alone, "--batch-size auto is for one device: name the batch of all together");
        recipe.train.batch_size = batch_size::find(flags, datasets.train.len())?;
    }
    let mut progress = Progress::new();
    let options = RunOptions { world: place.world.clone(), ..options };
    let mut quiet = Fanout::default();
    let sink: &mut dyn Sink = if place.is_chief() { &mut progress } else { &mut quiet };
    let outcome = match &place.devices[..] {
        [chosen] if place.world.is_alone() => train(&recipe, &datasets, &options, chosen, sink)?,
        devices => train_on(&recipe, &datasets, &options, devices, sink)?,
    };
    let stopped = outcome.ending == Ending::Requested;
    if place.is_chief() {
        let (memory, signal) =
            (peak_bytes(&place.devices[0].device), stopped.then(|| signals.name()));
        progress.finish(&outcome, &args.model_dir(), memory, signal);
        report(args, &datasets, &outcome, &place.devices[0])?;
        if let Some(folder) = args.export_dir.as_ref().filter(|_| !stopped) {
            export_weights(args, folder, &options.classes)?;
        }
        say(&progress::next_command(flags, outcome.complete, outcome.ending))?;
    }
    if stopped {
        // As soon as one process ends with a code, a launcher may end the one that is still writing.
        place.world.gather(Vec::new())?;
    }
    Ok(signals::exit_code(stopped))
}

/// Writes `report.html`. A run that was told to stop early is not kept from it: its images are not
/// judged once more.
fn report(args: &Args, datasets: &Datasets, outcome: &Outcome, chosen: &Chosen) -> Result<()> {
    let hurried = matches!(outcome.ending, Ending::Requested | Ending::StepLimit);
    let images = (!hurried && outcome.best.is_some()).then_some(&datasets.validation);
    let path = write_run_report(&args.model_dir(), images, args.workers(), &chosen.device)?;
    say(&format!("Report:    {}", path.display()))?;
    Ok(())
}

/// Writes the best weights for others.
fn export_weights(args: &Args, folder: &Path, classes: &[String]) -> Result<()> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make {}", folder.display()))?;
    let file = folder.join("weights.safetensors");
    let exported = export(&args.model_dir(), &file, Element::F32, classes)?;
    say(&format!("Weights:   {}, after step {}", exported.weights.display(), exported.step))?;
    Ok(())
}

/// Rising rates on fresh weights, and the flag for a tenth of the one with the lowest loss.
fn find_rate(args: &Args, chosen: &Chosen) -> Result<u8> {
    let (options, recipe) = (args.run_options()?, args.recipe()?);
    let (datasets, _classes) = images::datasets(args, &recipe)?;
    let curve = find_lr(&recipe, &datasets, LrRange::default(), &options, chosen)?;
    let folder = args.model_dir();
    curve.write(&folder)?;
    say(&format!("Curve: {}", folder.join("lr-finder.svg").display()))?;
    match curve.suggestion() {
        Some(lr) => {
            let base = lr * recipe.schedule.base_lr / recipe.peak_lr();
            let found = format!("A tenth of the rate with the lowest loss is {lr:.2e}");
            say(&format!("{found}: --base-lr {base:.2e}"))?;
        }
        None => say("The loss does not fall at any rate from 1e-6 to 10.")?,
    }
    Ok(ending::DONE)
}
