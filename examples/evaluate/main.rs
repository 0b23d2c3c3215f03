//! Judges a trained network by images it has not seen: figures with intervals, curves, the worst errors.
//!
//!     cargo run --release --example evaluate -- --model-dir runs/fashion-mnist
//!     cargo run --release --example evaluate -- --model-dir M --data PICTURES --split test
//!     cargo run --release --example evaluate -- --model-dir M --data PICTURES --split test \
//!         --positive ill --choose-on validation --sensitivity 0.95 --prevalence 0.02
//!
//! Writes `report.html`, `predictions.csv`, `figures.json` and `worst.png` into the folder `--out`.

mod args;
mod images;
mod labels;
mod output;
mod question;
#[path = "../common/stdout.rs"]
mod stdout;

use anyhow::{Context, Result};
use clap::Parser;
use resnet::metrics::{Subgroup, Summary, SummaryOptions};
use resnet::training::report::{Judged, evaluation_report};
use resnet::{Chosen, RunOptions, Trained, choose_device};

use crate::args::Args;

fn main() -> Result<()> {
    let args = Args::parse();
    let chosen = choose_device(args.device)?;
    let recipe = images::recipe(&args)?;
    if !recipe.data.label_sets.is_empty() {
        let trained = Trained::from_run(&args.model_dir, &chosen.device)?;
        return labels::evaluate(&args, trained, &chosen);
    }
    let judged = judge(&args, &chosen, &args.split)?;
    let options = question::options(&args, &chosen, judged.classes())?;
    let summary = Summary::new(judged.predictions(), &judged.answers().groups(), &options)?;
    stdout::say(&output::table(&summary))?;
    let subgroups = subgroups(&args, &judged, &options)?;
    let told = args.subgroup.as_deref().zip(subgroups.as_deref());
    let title = format!("{} on {}", judged.recipe().model.name, args.split);
    let folder = args.out();
    evaluation_report(&title, &judged, &summary, told)?.write(&folder.join("report.html"))?;
    output::write(&folder, &judged, &summary, subgroups.as_deref().unwrap_or_default())?;
    stdout::say(&format!("\nReport: {}", folder.join("report.html").display()))
}

/// What the network says about the images of a split.
fn judge(args: &Args, chosen: &Chosen, split: &str) -> Result<Judged> {
    let (source, names) = images::open(args, split)?;
    let workers = RunOptions::new("").workers;
    Judged::of_run(&args.model_dir, source, names, workers, &chosen.device)
        .with_context(|| format!("split {split}"))
}

/// The figures by the column that is asked for.
fn subgroups(
    args: &Args,
    judged: &Judged,
    options: &SummaryOptions,
) -> Result<Option<Vec<Subgroup>>> {
    let Some(column) = &args.subgroup else { return Ok(None) };
    let names = judged.subgroups(column);
    let found =
        Summary::by_subgroup(judged.predictions(), &names, &judged.answers().groups(), options)?;
    stdout::say(&output::subgroups(column, &found))?;
    Ok(Some(found))
}
