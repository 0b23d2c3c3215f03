//! The images of a run: shards, the bundled sample, or made up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use resnet::data::{
    Dataset, DatasetOptions, ImageRecords, LabelRange, Layout, Source, Split, SyntheticImages,
};
use resnet::{Datasets, Recipe};

use crate::args::Args;

/// Sizes of ImageNet's two parts, so that epochs of made-up images are as long.
const IMAGENET_IMAGES: (usize, usize) = (1_281_167, 50_000);

/// The first line that a person reads.
pub(crate) fn announcement(args: &Args) -> String {
    match &args.data_dir {
        Some(path) => {
            let layout = Layout::recognise(path).unwrap_or(Layout::Shards);
            format!("Images: {layout} in {}.", path.display())
        }
        None if args.synthetic => "Images: made up; accuracy means nothing here.".to_owned(),
        None => "No --data-dir given: training on the bundled sample, photographs of clothes from \
                 Fashion-MNIST (28×28 pixels, 10 classes)."
            .to_owned(),
    }
}

pub(crate) fn datasets(args: &Args, recipe: &Recipe) -> Result<Datasets> {
    Ok(Datasets {
        train: source(args, Split::Train, recipe)?,
        validation: source(args, Split::Validation, recipe)?,
    })
}

/// The images of one part; nothing of the other is looked at.
pub(crate) fn source(args: &Args, split: Split, recipe: &Recipe) -> Result<Arc<dyn Source>> {
    let num_classes = u32::try_from(recipe.model.num_classes)?;
    if args.synthetic {
        return Ok(Arc::new(synthetic(split, num_classes, recipe)));
    }
    let folder = args.data_dir.clone().unwrap_or_else(bundled_sample);
    match Layout::recognise(&folder) {
        Ok(Layout::Shards) | Err(_) => {
            let labels = LabelRange { offset: recipe.data.label_offset, num_classes };
            Ok(Arc::new(ImageRecords::open(&folder, split, labels)?))
        }
        Ok(_) => of_dataset(&folder, split, recipe.model.num_classes),
    }
}

/// One part of a data set in another layout: folders, a manifest, tar files.
fn of_dataset(path: &Path, split: Split, num_classes: usize) -> Result<Arc<dyn Source>> {
    let dataset = Dataset::open(path, &DatasetOptions::default())?;
    let classes = dataset.classes().len();
    ensure!(
        classes == num_classes,
        "{}: {classes} classes, and the recipe has {num_classes}: add --num-classes {classes}",
        path.display()
    );
    let name = split.prefix();
    dataset.split(name).with_context(|| {
        let (path, splits) = (path.display(), dataset.splits().join(", "));
        format!(
            "{path}: there is no split {name}, but {splits}: make one with \
             `cargo run --release --example dataset -- split {path}` and give its file as --data-dir"
        )
    })
}

fn synthetic(split: Split, num_classes: u32, recipe: &Recipe) -> SyntheticImages {
    let (train, validation) = IMAGENET_IMAGES;
    let (len, seed) = match split {
        Split::Train => (train, recipe.train.seed),
        Split::Validation => (validation, !recipe.train.seed),
    };
    SyntheticImages::new(len, num_classes, seed).with_side(recipe.data.image_size)
}

fn bundled_sample() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/fashion-mnist")
}
