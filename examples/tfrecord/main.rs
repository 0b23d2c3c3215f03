//! Looks into TFRecord files, checks them, converts them and saves what is whole in damaged ones.
//!
//!     cargo run --release --example tfrecord -- info  'data/train-*'
//!     cargo run --release --example tfrecord -- head  -n 2 data/train-00000-of-01024
//!     cargo run --release --example tfrecord -- verify 'data/train-*'
//!     cargo run --release --example tfrecord -- index 'data/train-*'
//!     cargo run --release --example tfrecord -- cat data/a data/b --output data/both
//!     cargo run --release --example tfrecord -- convert 'data/*.gz' --output-dir plain
//!     cargo run --release --example tfrecord -- repair data/damaged --output data/repaired
//!
//! Nothing is overwritten. With `--json` every answer is one JSON object on a line of its own.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Parser, Subcommand, ValueEnum};
use tfrecord_codec::Compression;

mod copy;
#[path = "../common/failure.rs"]
mod failure;
mod files;
mod head;
mod index;
mod info;
mod output;
mod show;
#[path = "../common/stdout.rs"]
mod stdout;
mod verify;

/// Looks into TFRecord files, checks, converts and repairs them.
#[derive(Parser)]
#[command(name = "tfrecord")]
struct Cli {
    /// Answer in JSON, one object on a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Size, compression, number and lengths of records, and the features of the first one.
    Info(Input),
    /// Show the first records.
    Head {
        /// How many of each file.
        #[arg(short = 'n', long, default_value_t = 5)]
        records: usize,
        #[command(flatten)]
        input: Input,
    },
    /// Read everything and list every bad record by its offset. Fails if there is one.
    Verify(Input),
    /// Write an index beside each file.
    Index {
        /// Replace an index that is stale or broken.
        #[arg(long)]
        replace: bool,
        #[command(flatten)]
        input: Input,
    },
    /// Write the records of all files into one.
    Cat {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        packing: Packing,
        /// The file to write; it must not exist.
        #[arg(short, long)]
        output: PathBuf,
    },
    /// Write each file anew with another compression; endings .gz and .zlib become those of the new one.
    Convert {
        #[command(flatten)]
        input: Input,
        #[command(flatten)]
        packing: Packing,
        /// The folder to write to; files of the same name must not exist there.
        #[arg(short = 'd', long)]
        output_dir: PathBuf,
    },
    /// Copy what is whole into a new file and report what was lost.
    Repair {
        /// The damaged file.
        file: PathBuf,
        #[command(flatten)]
        packing: Packing,
        /// The file to write; it must not exist.
        #[arg(short, long)]
        output: PathBuf,
    },
}

#[derive(Args)]
struct Input {
    /// Files, or patterns such as 'train-*'.
    #[arg(required = true)]
    files: Vec<String>,
}

/// How the output is compressed.
#[derive(Args, Clone, Copy)]
pub(crate) struct Packing {
    /// The compression of the output.
    #[arg(long, value_enum, default_value = "none")]
    to: To,
    /// The effort, 0 to 9.
    #[arg(long, default_value_t = 6, value_parser = clap::value_parser!(u32).range(0..=9))]
    level: u32,
}

#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum To {
    None,
    Gzip,
    Zlib,
}

impl From<To> for Compression {
    fn from(to: To) -> Self {
        match to {
            To::None => Self::None,
            To::Gzip => Self::Gzip,
            To::Zlib => Self::Zlib,
        }
    }
}

fn main() -> ExitCode {
    run(Cli::parse()).unwrap_or_else(|error| failure::tell(&error))
}

fn run(Cli { json, command }: Cli) -> Result<ExitCode> {
    let report = output::Report::new(json);
    let files = |input: &Input| files::expand(&input.files);
    let whole = match command {
        Command::Info(input) => info::run(&files(&input)?, &report)?,
        Command::Head { records, input } => head::run(&files(&input)?, records, &report)?,
        Command::Verify(input) => verify::run(&files(&input)?, &report)?,
        Command::Index { replace, input } => index::run(&files(&input)?, replace, &report)?,
        Command::Cat { input, packing, output } => {
            copy::cat(&files(&input)?, packing, &output, &report)?
        }
        Command::Convert { input, packing, output_dir } => {
            copy::convert(&files(&input)?, packing, &output_dir, &report)?
        }
        Command::Repair { file, packing, output } => {
            copy::repair(&file, packing, &output, &report)?
        }
    };
    Ok(if whole { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
