//! Looks into a data set in any layout that the library reads, checks it, splits it, and shows what
//! training makes of its images.
//!
//!     cargo run --release --example dataset -- info   pictures
//!     cargo run --release --example dataset -- verify pictures --quarantine bad
//!     cargo run --release --example dataset -- split  pictures --fractions train=0.8,validation=0.1,test=0.1
//!     cargo run --release --example dataset -- sample pictures --output sheet.png
//!
//! Without a path it is the bundled sample. Nothing is overwritten. With `--json` the answer is one
//! JSON document.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand};
use resnet::Recipe;
use resnet::data::{Dataset, DatasetOptions, GroupBy};

#[path = "../common/bundled.rs"]
mod bundled;
mod counts;
#[cfg(feature = "dicom")]
#[path = "../common/dicom.rs"]
mod dicom;
mod division;
#[path = "../common/failure.rs"]
mod failure;
mod info;
mod output;
mod progress;
mod quarantine;
#[path = "../common/recipe_file.rs"]
mod recipe_file;
mod sample;
mod split;
#[path = "../common/stdout.rs"]
mod stdout;
#[path = "../common/unsure.rs"]
mod unsure;
mod verify;
mod walk;

/// Looks into a data set, checks it, splits it and shows what training makes of it.
#[derive(Parser)]
#[command(name = "dataset")]
struct Cli {
    /// Answer with one JSON document.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Classes, sizes, formats, means, duplicates, and what is wrong.
    Info(walk::Options),
    /// Decode everything and list what should be mended before training. Fails if something must be.
    Verify(verify::Options),
    /// Write a manifest that puts every image into a split; whole groups stay together.
    Split(split::Options),
    /// Draw what the transform of training or evaluation makes of some images.
    Sample(sample::Options),
}

/// Which data set is meant.
#[derive(Args)]
pub(crate) struct Input {
    /// Folder or file with the data set; the bundled sample if not given.
    path: Option<PathBuf>,
    /// Label of the first class, where labels are numbers.
    #[arg(long, value_name = "N")]
    label_offset: Option<u32>,
    /// Number of classes, where labels are numbers and nothing names them.
    #[arg(long, value_name = "N")]
    num_classes: Option<u32>,
    /// Columns of a manifest that say 1 or 0, in place of `label`: any number of these labels may be true
    /// of an image.
    #[arg(long, value_name = "COLUMN,COLUMN", value_delimiter = ',')]
    labels: Vec<String>,
    /// Column of a manifest that says which images belong together (the patient). Without it the column
    /// `group`, if there is one.
    #[arg(long, value_name = "COLUMN")]
    group: Option<String>,
    #[command(flatten)]
    unsure: unsure::UnsureLabels,
    #[cfg(feature = "dicom")]
    #[command(flatten)]
    dicom: dicom::Flags,
}

impl Input {
    pub(crate) fn path(&self) -> Result<PathBuf> {
        let given = self.path.clone().map(Ok);
        given.unwrap_or_else(|| bundled::sample("name a data set"))
    }

    pub(crate) fn is_sample(&self) -> bool {
        self.path.is_none()
    }

    /// The recipe with what the flags say about decoding.
    pub(crate) fn decoding(&self, recipe: &Recipe) -> Result<Recipe> {
        #[cfg(feature = "dicom")]
        let recipe = &recipe.with_overrides(&self.dicom.overrides())?;
        Ok(recipe.clone())
    }

    pub(crate) fn open(&self) -> Result<Dataset> {
        self.open_as(DatasetOptions::default())
    }

    /// With what cannot be used left out and listed, where others stop at the first.
    pub(crate) fn open_what_is_good(&self) -> Result<Dataset> {
        self.open_as(DatasetOptions { leave_out: true, ..DatasetOptions::default() })
    }

    /// As these options say, with the labels and, if they say none, the groups that the flags name.
    pub(crate) fn open_as(&self, options: DatasetOptions) -> Result<Dataset> {
        if self.is_sample() {
            eprintln!("No path given: this is the bundled sample, part of Fashion-MNIST.");
        }
        let (label_offset, num_classes) = (self.label_offset, self.num_classes);
        let labels = self.labels.clone();
        let group = options.group.or_else(|| self.group.clone().map(GroupBy::Column));
        let options = DatasetOptions { label_offset, num_classes, labels, group, ..options };
        let options = self.unsure.of(options);
        Ok(Dataset::open(&self.path()?, &options)?)
    }
}

fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| failure::tell(&error))
}

fn run(Cli { json, command }: Cli) -> Result<ExitCode> {
    let answer = output::Answer::new(json);
    let good = match command {
        Command::Info(options) => info::run(&options, &answer)?,
        Command::Verify(options) => verify::run(&options, &answer)?,
        Command::Split(options) => split::run(&options, &answer)?,
        Command::Sample(options) => sample::run(&options, &answer)?,
    };
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
