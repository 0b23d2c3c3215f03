//! The command line, as options of the library.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use resnet_data::OnBadImage;
use resnet_data::prepare::{PrepareOptions, RawLayout, Shards};
use tfrecord_codec::Compression;

/// Makes TFRecord shards in the schema of imagenet_to_gcs.py from raw pictures. Stopped or killed,
/// the same command continues.
#[derive(Parser)]
#[command(name = "prepare_imagenet")]
pub(crate) struct Args {
    /// Folder with the raw images: archives, unpacked, Kaggle's, or a folder for each class
    #[arg(long, value_name = "DIR")]
    pub(crate) raw: PathBuf,
    /// Folder to write to
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Layout of the raw folder
    #[arg(long, value_enum, default_value = "auto")]
    layout: LayoutArg,
    /// Key of the order of the training images
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Number of training shards
    #[arg(long, value_name = "N", default_value_t = 1024)]
    train_shards: usize,
    /// Number of validation shards
    #[arg(long, value_name = "N", default_value_t = 128)]
    validation_shards: usize,
    /// Make shards of about this size instead, for example 100MB
    #[arg(long, value_name = "SIZE", value_parser = bytes)]
    shard_size: Option<u64>,
    /// Label of the first class: 1 (0 is the background) or 0
    #[arg(long, value_name = "0|1", default_value_t = 1)]
    label_offset: u32,
    /// Store images smaller whose shorter side is longer than this
    #[arg(long, value_name = "PIXELS")]
    short_side: Option<u32>,
    /// JPEG quality of images that are made smaller
    #[arg(long, value_name = "1..100", default_value_t = 90)]
    quality: u8,
    /// Compress whole shards; the trainer wants them uncompressed
    #[arg(long)]
    gzip: bool,
    /// Folder of XML annotations whose bounding boxes are stored
    #[arg(long, value_name = "DIR")]
    boxes: Option<PathBuf>,
    /// Read headers only: faster, but finds no damaged image and measures no mean
    #[arg(long)]
    no_verify: bool,
    /// Images of each split whose pixels are measured for mean and std; the others are only checked
    #[arg(long, value_name = "N", default_value_t = 50_000)]
    measure: usize,
    /// Compare the archives with the published MD5 sums first
    #[arg(long)]
    md5: bool,
    /// What to do at an image that is unreadable or does not decode
    #[arg(long, value_enum, default_value = "fail")]
    on_bad_image: BadImageArg,
    /// With --on-bad-image skip: more bad images than this are an error
    #[arg(long, value_name = "N", default_value_t = 1000)]
    max_bad_images: usize,
    /// Shards made at a time; one per core if not given
    #[arg(long, value_name = "N")]
    threads: Option<usize>,
    /// Tell everything in JSON, one object on a line
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum LayoutArg {
    Auto,
    Tars,
    Reference,
    Kaggle,
    ImageFolder,
}

#[derive(Clone, Copy, ValueEnum)]
enum BadImageArg {
    Fail,
    Skip,
}

impl Args {
    pub(crate) fn options(&self) -> PrepareOptions {
        let defaults = PrepareOptions::default();
        let shards = |count| self.shard_size.map_or(Shards::Count(count), Shards::Bytes);
        PrepareOptions {
            layout: match self.layout {
                LayoutArg::Auto => None,
                LayoutArg::Tars => Some(RawLayout::Tars),
                LayoutArg::Reference => Some(RawLayout::Reference),
                LayoutArg::Kaggle => Some(RawLayout::Kaggle),
                LayoutArg::ImageFolder => Some(RawLayout::SplitFolders),
            },
            seed: self.seed,
            train_shards: shards(self.train_shards),
            validation_shards: shards(self.validation_shards),
            label_offset: self.label_offset,
            short_side: self.short_side,
            quality: self.quality,
            compression: if self.gzip { Compression::Gzip } else { Compression::None },
            boxes: self.boxes.clone(),
            verify: !self.no_verify,
            measure: self.measure,
            md5: self.md5,
            on_bad_image: match self.on_bad_image {
                BadImageArg::Fail => OnBadImage::Fail,
                BadImageArg::Skip => OnBadImage::Skip { max: self.max_bad_images },
            },
            threads: self.threads.unwrap_or(defaults.threads),
        }
    }
}

/// `100MB`, `64kB`, `1GB` or plain bytes.
fn bytes(text: &str) -> Result<u64, String> {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let unit = match text[digits.len()..].to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" | "k" => 1_000,
        "mb" | "m" => 1_000_000,
        "gb" | "g" => 1_000_000_000,
        other => return Err(format!("{other} is no unit: use kB, MB or GB")),
    };
    let number: u64 = digits.trim().parse().map_err(|_error| format!("{text} is no size"))?;
    number.checked_mul(unit).filter(|&bytes| bytes > 0).ok_or_else(|| format!("{text} is no size"))
}
