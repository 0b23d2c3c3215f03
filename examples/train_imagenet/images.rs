//! The images of a run: shards, the bundled sample, or made up.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use resnet::data::{
    Dataset, DatasetOptions, ImageRecords, LabelRange, Layout, Source, Split, SyntheticImages,
};
use resnet::{Datasets, Recipe};

use crate::args::Args;
use crate::bundled;
use crate::command::{cargo_run, quoted};

/// Sizes of ImageNet's two parts, so that epochs of made-up images are as long.
const IMAGENET_IMAGES: (usize, usize) = (1_281_167, 50_000);

/// The first line that a person reads.
pub(crate) fn announcement(args: &Args) -> Result<String> {
    Ok(match &args.data_dir {
        Some(path) => {
            ensure!(
                path.exists(),
                "{}: there is no such folder or file (--data-dir)",
                path.display()
            );
            let layout = Layout::recognise(path)?;
            format!("Images: {layout} in {}.", path.display())
        }
        None if args.synthetic => "Images: made up; accuracy means nothing here.".to_owned(),
        None => "No --data-dir given: training on the bundled sample, photographs of clothes from \
                 Fashion-MNIST (28×28 pixels, 10 classes)."
            .to_owned(),
    })
}

/// The images of both parts, and the names of the classes.
pub(crate) fn datasets(args: &Args, recipe: &Recipe) -> Result<(Datasets, Vec<String>)> {
    let images = Images::open(args, recipe)?;
    let datasets = Datasets {
        train: images.of(Split::Train, recipe)?,
        validation: images.of(Split::Validation, recipe)?,
    };
    Ok((datasets, images.class_names()))
}

/// The validation images; where they are shards, nothing of the training images is looked at.
pub(crate) fn validation(args: &Args, recipe: &Recipe) -> Result<Arc<dyn Source>> {
    Images::open(args, recipe)?.of(Split::Validation, recipe)
}

/// Where the images come from.
enum Images {
    Synthetic,
    /// Shards in this folder, read when a split is asked for, and the names of the classes, if any.
    Shards(PathBuf, Vec<String>),
    /// Any other layout, read once for all splits.
    Dataset(PathBuf, Dataset),
}

impl Images {
    fn open(args: &Args, recipe: &Recipe) -> Result<Self> {
        if args.synthetic {
            return Ok(Self::Synthetic);
        }
        let path = match &args.data_dir {
            Some(path) => path.clone(),
            None => bundled::sample("give --data-dir")?,
        };
        let num_classes = recipe.model.num_classes;
        match Layout::recognise(&path)? {
            Layout::Shards => {
                let names = Dataset::class_names(&path)?;
                if let Some(names) = &names {
                    check_classes(&path, names.len(), num_classes, "")?;
                }
                Ok(Self::Shards(path, names.unwrap_or_default()))
            }
            layout => {
                // A number that a person or a trained network says, not a preset's.
                let is_said = args.num_classes.is_some() || args.eval_only;
                let known = is_said && !layout.names_classes();
                let dataset = dataset(&path, num_classes, known)?;
                Ok(Self::Dataset(path, dataset))
            }
        }
    }

    /// The names of the classes; none where the images have none.
    fn class_names(self) -> Vec<String> {
        match self {
            Self::Synthetic => Vec::new(),
            Self::Shards(_, names) => names,
            Self::Dataset(_, dataset) => dataset.classes().to_vec(),
        }
    }

    fn of(&self, split: Split, recipe: &Recipe) -> Result<Arc<dyn Source>> {
        let num_classes = u32::try_from(recipe.model.num_classes)?;
        match self {
            Self::Synthetic => Ok(Arc::new(synthetic(split, num_classes, recipe))),
            Self::Shards(folder, _) => {
                let labels = LabelRange { offset: recipe.data.label_offset, num_classes };
                Ok(Arc::new(ImageRecords::open(folder, split, labels)?))
            }
            Self::Dataset(path, dataset) => split_of(dataset, path, split),
        }
    }
}

/// A data set in another layout than shards: folders, a manifest, tar files. Where nothing names the
/// classes and their number is not `known`, there are what the largest label asks for.
fn dataset(path: &Path, num_classes: usize, known: bool) -> Result<Dataset> {
    let said = known.then(|| u32::try_from(num_classes)).transpose()?;
    let options = DatasetOptions { num_classes: said, ..DatasetOptions::default() };
    let dataset = Dataset::open(path, &options)?;
    let classes = dataset.classes().len();
    let or = if !dataset.layout().names_classes() && classes < num_classes {
        format!(", or --num-classes {num_classes} if some of them have no image")
    } else {
        String::new()
    };
    check_classes(path, classes, num_classes, &or)?;
    Ok(dataset)
}

/// Whether there are as many classes as the recipe has.
fn check_classes(path: &Path, classes: usize, num_classes: usize, or: &str) -> Result<()> {
    ensure!(
        classes == num_classes,
        "{}: {classes} classes, and the recipe has {num_classes}: add --num-classes {classes}{or}",
        path.display()
    );
    Ok(())
}

fn split_of(dataset: &Dataset, path: &Path, split: Split) -> Result<Arc<dyn Source>> {
    let name = split.prefix();
    let splits = dataset.splits();
    dataset.split(name).with_context(|| {
        format!(
            "{}: there is no split {name}, but {}: make one with `{}` and give its file as --data-dir",
            path.display(),
            splits.join(", "),
            command_that_divides(path, &splits)
        )
    })
}

/// The command that makes the splits to train with; images that are to test by stay so.
fn command_that_divides(path: &Path, splits: &[&str]) -> String {
    let kept: Vec<&str> =
        splits.iter().copied().filter(|name| !matches!(*name, "train" | "all")).collect();
    let command = cargo_run("dataset");
    let path = quoted(&path.display().to_string());
    match kept.is_empty() || kept.len() == splits.len() {
        true => format!("{command} -- split {path}"),
        false => format!("{command} -- split {path} --keep {}", kept.join(",")),
    }
}

fn synthetic(split: Split, num_classes: u32, recipe: &Recipe) -> SyntheticImages {
    let (train, validation) = IMAGENET_IMAGES;
    let (len, seed) = match split {
        Split::Train => (train, recipe.train.seed),
        Split::Validation => (validation, !recipe.train.seed),
    };
    SyntheticImages::new(len, num_classes, seed).with_side(recipe.data.image_size)
}
