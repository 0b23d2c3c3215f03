//! `xtask sample`: the bundled Fashion-MNIST subset, made from the original files.
//!
//! Output is a set of TFRecord shards in the exact schema of `imagenet_to_gcs.py`, so that the
//! program trains on the sample through the same code that reads ImageNet. The same input gives the
//! same bytes: nothing depends on time, threads or hash-map order.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use clap::Args;
use jpeg_encoder::{ColorType, Encoder, QuantizationTableType, SamplingFactor};
use resnet_data::prepare::ImageExample;
use tfrecord_codec::RecordWriter;

mod idx;
mod papers;

use idx::Images;

/// Class id (`image/class/synset`) and name, in the order of Fashion-MNIST's labels. The ids sort in
/// label order, which is how `imagenet_to_gcs.py` numbers its synsets.
const CLASSES: [(&str, &str); 10] = [
    ("0-tshirt-top", "T-shirt/top"),
    ("1-trouser", "Trouser"),
    ("2-pullover", "Pullover"),
    ("3-dress", "Dress"),
    ("4-coat", "Coat"),
    ("5-sandal", "Sandal"),
    ("6-shirt", "Shirt"),
    ("7-sneaker", "Sneaker"),
    ("8-bag", "Bag"),
    ("9-ankle-boot", "Ankle boot"),
];

/// One quantisation step for every frequency. Images of 28 pixels are enlarged when looked at, so the
/// eye's weakness for high frequencies, for which JPEG's standard tables are made, is of no use: over
/// the first 1,000 images a flat 17 gives 36.7 dB in 627 bytes; the standard tables give 33.9 dB in
/// 647 bytes at quality 80, and 36.0 dB in 683 bytes at quality 85.
const QUANTISATION_STEP: u16 = 17;

/// Arguments of `xtask sample`.
#[derive(Args)]
pub(crate) struct SampleArgs {
    /// Folder with the four original files (train-images-idx3-ubyte.gz and so on)
    #[arg(long, value_name = "DIR", default_value = "/usr/share/datasets/fashion-mnist")]
    from: PathBuf,
    /// Folder to write; shards already there are replaced
    #[arg(long, value_name = "DIR", default_value = concat!(env!("CARGO_MANIFEST_DIR"), "/../../data/fashion-mnist"))]
    out: PathBuf,
    /// Images of each class taken from the original training set
    #[arg(long, value_name = "N", default_value_t = 256)]
    train_per_class: usize,
    /// Images of each class taken from the original test set
    #[arg(long, value_name = "N", default_value_t = 60)]
    validation_per_class: usize,
}

/// One split of the sample: where it comes from and how it is cut.
struct Split {
    /// Prefix of the original files.
    original: &'static str,
    /// Prefix of our shards.
    prefix: &'static str,
    shards: usize,
    per_class: usize,
}

/// Writes shards, class list, licence and README into `args.out`.
pub(crate) fn run(args: &SampleArgs) -> Result<()> {
    let train =
        Split { original: "train", prefix: "train", shards: 4, per_class: args.train_per_class };
    let validation = Split {
        original: "t10k",
        prefix: "validation",
        shards: 2,
        per_class: args.validation_per_class,
    };
    std::fs::create_dir_all(&args.out)
        .with_context(|| format!("cannot create {}", args.out.display()))?;
    let mut files = Vec::new();
    for split in [&train, &validation] {
        files.extend(write_split(&args.from, &args.out, split)?);
    }
    papers::write(args, &files)
}

/// Reads one original split, takes its first images of each class, and writes the shards.
fn write_split(from: &Path, out: &Path, split: &Split) -> Result<Vec<PathBuf>> {
    let images = Images::open(from, split.original)?;
    let chosen = balanced(&images, split.per_class)?;
    let per_shard = chosen.len().div_ceil(split.shards);
    let mut written = Vec::new();
    for (shard, indices) in chosen.chunks(per_shard).enumerate() {
        let path = out.join(format!("{}-{shard:05}-of-{:05}", split.prefix, split.shards));
        write_shard(&path, &images, indices)
            .with_context(|| format!("cannot write {}", path.display()))?;
        written.push(path);
    }
    Ok(written)
}

fn write_shard(path: &Path, images: &Images, indices: &[usize]) -> Result<()> {
    let mut writer = RecordWriter::create(path)?;
    for &index in indices {
        writer.write(&example(images, index)?)?;
    }
    writer.finish()?;
    Ok(())
}

/// The first `per_class` images of each class, in their original order. The original order is
/// already mixed, so every shard holds every class.
fn balanced(images: &Images, per_class: usize) -> Result<Vec<usize>> {
    let mut taken: BTreeMap<u8, usize> = BTreeMap::new();
    let mut chosen = Vec::with_capacity(per_class * CLASSES.len());
    for index in 0..images.len() {
        let count = taken.entry(images.label(index)).or_default();
        if *count < per_class {
            *count += 1;
            chosen.push(index);
        }
    }
    for (class, (id, _)) in (0u8..).zip(CLASSES) {
        let found = taken.get(&class).copied().unwrap_or(0);
        ensure!(
            found == per_class && per_class > 0,
            "class {id} has {found} images, {per_class} are wanted: ask for fewer per class, but at least 1"
        );
    }
    Ok(chosen)
}

/// One image as a serialized `tf.train.Example` with the nine keys of `imagenet_to_gcs.py`.
fn example(images: &Images, index: usize) -> Result<Vec<u8>> {
    let label = images.label(index);
    let (id, _) = CLASSES[usize::from(label)];
    let (height, width) = images.size();
    let jpeg = encode(images.pixels(index), height, width)?;
    let filename = format!("{id}_{index:05}.JPEG");
    let example = ImageExample {
        height: height.into(),
        width: width.into(),
        label: i64::from(label) + 1,
        synset: id,
        filename: &filename,
        jpeg: &jpeg,
        boxes: None,
    };
    let mut record = Vec::new();
    example.build_into(&mut record);
    Ok(record)
}

/// Grey pixels as a three-channel JPEG, as small as the format allows.
///
/// Two progressive scans: the encoder writes its image-specific Huffman tables (about 300 bytes less
/// than the standard ones) only for progressive or non-interleaved files, and of the latter some
/// decoders make wrong pixels.
fn encode(grey: &[u8], height: u16, width: u16) -> Result<Vec<u8>> {
    let rgb: Vec<u8> = grey.iter().flat_map(|&level| [level; 3]).collect();
    let table = QuantizationTableType::Custom(Box::new([QUANTISATION_STEP; 64]));
    let mut jpeg = Vec::new();
    // The quality is not used with custom tables.
    let mut encoder = Encoder::new(&mut jpeg, 100);
    encoder.set_quantization_tables(table.clone(), table);
    encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
    encoder.set_progressive_scans(2);
    encoder.set_optimized_huffman_tables(true);
    encoder.encode(&rgb, width, height, ColorType::Rgb)?;
    Ok(jpeg)
}

#[cfg(test)]
mod tests;
