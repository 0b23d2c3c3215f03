//! `sample`: what the transform makes of images, as a picture.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use resnet::data::contact_sheet::{ContactSheet, choose, png};
use resnet::data::{Dataset, Source, Transform};
use resnet::training::pixels::decoder;
use resnet::training::transforms::{training_transform, validation_transform};
use resnet::{Recipe, presets};
use serde_json::{Value, json};

use crate::output::{Answer, table};
use crate::{Input, recipe_file};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    input: Input,
    /// The PNG file to write; it must not exist.
    #[arg(short, long, value_name = "FILE", default_value = "sample.png")]
    output: PathBuf,
    /// The split; the first one if not given.
    #[arg(long)]
    split: Option<String>,
    /// How many images, spread over the split.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=200))]
    rows: u16,
    /// How many versions of each.
    #[arg(long, value_name = "N", default_value_t = 8, value_parser = clap::value_parser!(u16).range(1..=100))]
    versions: u16,
    /// Recipe whose transform is shown: config.toml of a run. If not given, that of ResNet-50 on
    /// ImageNet, or that of the bundled sample for the sample.
    #[arg(long, value_name = "FILE")]
    recipe: Option<PathBuf>,
    /// Side of the images in pixels, other than the recipe's.
    #[arg(long, value_name = "PIXELS", value_parser = clap::value_parser!(u16).range(1..=2048))]
    size: Option<u16>,
    /// Seed of the images that are chosen and of the transform, other than the recipe's.
    #[arg(long)]
    seed: Option<u64>,
    /// Show the transform of evaluation.
    #[arg(long)]
    eval: bool,
}

/// An image in the sheet.
struct Row {
    class: String,
    place: String,
}

pub(crate) fn run(options: &Options, answer: &Answer) -> Result<bool> {
    let dataset = options.input.open()?;
    let source = options.source(&dataset)?;
    let recipe = options.recipe()?;
    let transform = options.transform(&recipe);
    let seed = recipe.train.seed;
    let images = choose(source.len(), options.rows.into(), seed);
    let versions = if options.eval { 1 } else { options.versions.into() };
    let drawn = ContactSheet { transform: &transform, seed, versions };
    let sheet = drawn.draw(&*source, &images, &*decoder(&recipe))?;
    write_new(&options.output, &png(&sheet)?)?;
    let rows = images.iter().map(|&index| row(&dataset, &*source, index));
    let rows: Vec<Row> = rows.collect::<Result<_>>()?;
    answer.give(|| text(options, &rows), || json(options, &rows))?;
    Ok(true)
}

impl Options {
    fn source(&self, dataset: &Dataset) -> Result<std::sync::Arc<dyn Source>> {
        let splits = dataset.splits();
        let name = self.split.as_deref().or(splits.first().copied()).unwrap_or_default();
        dataset.split(name).with_context(|| {
            format!("there is no split {name:?}: the splits are {}", splits.join(", "))
        })
    }

    fn recipe(&self) -> Result<Recipe> {
        let mut recipe = match &self.recipe {
            Some(path) => recipe_file::read(path)?,
            None if self.input.is_sample() => presets::fashion_mnist_sample(),
            None => presets::tutorial(),
        };
        if let Some(size) = self.size.map(usize::from) {
            // The evaluation's border stays in proportion.
            let data = &mut recipe.data;
            data.validation_resize = data.validation_resize * size / data.image_size;
            data.image_size = size;
        }
        recipe.train.seed = self.seed.unwrap_or(recipe.train.seed);
        recipe.check()?;
        self.input.decoding(&recipe)
    }

    fn transform(&self, recipe: &Recipe) -> Transform {
        if self.eval { validation_transform(recipe) } else { training_transform(recipe) }
    }
}

fn write_new(path: &Path, content: &[u8]) -> Result<()> {
    let writing = || format!("cannot write {}", path.display());
    match File::create_new(path) {
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
            bail!("{} exists; nothing is overwritten, choose another --output", path.display())
        }
        file => file.and_then(|mut file| file.write_all(content)).with_context(writing),
    }
}

fn row(dataset: &Dataset, source: &dyn Source, index: usize) -> Result<Row> {
    let label = source.label(index)? as usize;
    let class = dataset.classes().get(label).cloned();
    Ok(Row { class: class.unwrap_or_else(|| label.to_string()), place: source.place(index) })
}

fn text(options: &Options, rows: &[Row]) -> String {
    let header = ["row", "class", "image"].map(str::to_owned).to_vec();
    let numbered = (1..).zip(rows).map(|(number, Row { class, place })| {
        vec![number.to_string(), class.clone(), place.clone()]
    });
    let rows: Vec<Vec<String>> = std::iter::once(header).chain(numbered).collect();
    format!(
        "{}\n\nThe first column is the original. Written to {}.",
        table(&rows, 3),
        options.output.display()
    )
}

fn json(options: &Options, rows: &[Row]) -> Value {
    let row = |Row { class, place }: &Row| json!({ "class": class, "image": place });
    json!({ "output": options.output, "rows": rows.iter().map(row).collect::<Vec<_>>() })
}
