//! The images of a split, whatever the layout.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use resnet::Recipe;
use resnet::data::{Dataset, DatasetOptions, ImageRecords, LabelRange, Layout, Source, Split};

use crate::args::Args;
use crate::stdout::say;

/// The images of a split, and the names of the classes where the layout tells them.
type Images = (Arc<dyn Source>, Option<Vec<String>>);

/// What the network was trained by.
pub(crate) fn recipe(args: &Args) -> Result<Recipe> {
    let config = args.first_run().config();
    let toml = fs::read_to_string(&config)
        .with_context(|| format!("{}: --model-dir is the folder of a run", config.display()))?;
    Ok(Recipe::from_toml(&toml)?)
}

pub(crate) fn open(args: &Args, split: &str) -> Result<Images> {
    let path = &args.data()?;
    let recipe = recipe(args)?;
    let names = || args.first_run().read_classes(recipe.model.num_classes);
    match Layout::recognise(path)? {
        Layout::Shards if args.subgroup.is_none() && args.group.is_none() => {
            if args.data.is_none() {
                check_knows_sample(&names()?, path)?;
            }
            if let Some(found) = Dataset::class_names(path)? {
                check_number(path, found.len(), recipe.model.num_classes)?;
            }
            Ok((shards(path, split, &recipe)?, None))
        }
        layout => {
            let num_classes = (!layout.names_classes())
                .then(|| u32::try_from(recipe.model.num_classes))
                .transpose()?;
            let options = DatasetOptions { num_classes, ..args.dataset_options() };
            dataset(args, split, &names()?, &recipe, &options)
        }
    }
}

/// Refuses the bundled sample, where it was not asked for, for a network that tells other classes apart.
fn check_knows_sample(known: &Option<Vec<String>>, sample: &Path) -> Result<()> {
    ensure!(
        known.is_some() && *known == Dataset::class_names(sample)?,
        "--data is missing: without it the bundled sample is evaluated, whose classes this network does not know"
    );
    say("No --data given: this is the bundled sample, part of Fashion-MNIST.")
}

fn shards(path: &Path, split: &str, recipe: &Recipe) -> Result<Arc<dyn Source>> {
    let part = match split {
        "train" => Split::Train,
        "validation" => Split::Validation,
        _ => bail!("{}: shards have the splits train and validation, not {split}", path.display()),
    };
    let num_classes = u32::try_from(recipe.model.num_classes)?;
    let labels = LabelRange { offset: recipe.data.label_offset, num_classes };
    Ok(Arc::new(ImageRecords::open(path, part, labels)?))
}

/// Whether the images are of as many classes as the network tells apart.
fn check_number(path: &Path, found: usize, known: usize) -> Result<()> {
    ensure!(found == known, "{}: {found} classes, and the network knows {known}", path.display());
    Ok(())
}

fn dataset(
    args: &Args,
    split: &str,
    names: &Option<Vec<String>>,
    recipe: &Recipe,
    options: &DatasetOptions,
) -> Result<Images> {
    let path = args.data()?;
    let dataset = Dataset::open(&path, options)?;
    check_number(&path, dataset.classes().len(), recipe.model.num_classes)?;
    let path = path.display();
    if let Some(names) = names {
        let found = dataset.classes().join(", ");
        let learned = names.join(", ");
        ensure!(
            dataset.classes() == names,
            "{path}: the classes are {found}, and the network tells {learned} apart: rename them"
        );
    }
    let splits = dataset.splits().join(", ");
    let none = || format!("{path}: there is no split {split}, but {splits}");
    Ok((dataset.split(split).with_context(none)?, Some(dataset.classes().to_vec())))
}
