//! `split`: a manifest with a split for every image.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use resnet::data::inspect::InspectSplit;
use resnet::data::stratify::{Fractions, Item, Row, Stratified, stratify, write_manifest};
use resnet::data::{DatasetOptions, GroupBy, ImageFiles, Layout};

use crate::Input;
use crate::counts::Counts;
use crate::division::Division;
use crate::output::Answer;

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    input: Input,
    /// Names and sizes of the splits. [default: train=0.8,validation=0.1,test=0.1, of which those of --keep are left out]
    #[arg(long)]
    fractions: Option<Fractions>,
    /// Splits whose images stay in them, such as test: only the other images are divided.
    #[arg(long, value_name = "SPLIT,SPLIT", value_delimiter = ',')]
    keep: Vec<String>,
    /// Another seed is another split.
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Images whose file names are the same up to this character are one group: `_` for
    /// patient12_3.png. Without it, groups are those of the manifest.
    #[arg(long, value_name = "CHAR", conflicts_with = "group")]
    group_until: Option<char>,
    /// The manifest to write; it must not exist. split.csv in the folder of the images if not given.
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// All images of all splits, as rows of the manifest, their labels and groups.
struct Images<'a> {
    /// Columns of a manifest that stay as they are.
    kept: &'a [String],
    rows: Vec<Row>,
    labels: Vec<u32>,
    groups: Vec<Option<String>>,
}

pub(crate) fn run(options: &Options, answer: &Answer) -> Result<bool> {
    let (group, kept) = (options.group_until.map(GroupBy::NameUntil), options.kept_columns()?);
    let columns = kept.clone();
    let dataset =
        options.input.open_as(DatasetOptions { group, columns, ..DatasetOptions::default() })?;
    let root = options.input.path()?;
    let root = if root.is_dir() { &root } else { root.parent().unwrap_or(Path::new("")) };
    let output = options.output.clone().unwrap_or_else(|| root.join("split.csv"));
    let (rows, labels, groups) = Default::default();
    let division = Division::of(&dataset, &options.keep, options.fractions.as_ref())?;
    let mut images = Images { kept: &kept, rows, labels, groups };
    let mut divided = Vec::new();
    for split in InspectSplit::of(&dataset) {
        let first = images.rows.len();
        images.add(&split, dataset.classes(), options.group_until.is_some())?;
        if !division.keeps(&split.name) {
            divided.extend(first..images.rows.len());
        }
    }
    let parts = images.stratify(root, &divided, &division.fractions, options.seed)?;
    for (&image, &split) in divided.iter().zip(&parts.split_of) {
        division.fractions.name(split).clone_into(&mut images.rows[image].split);
    }
    write_manifest(&output, &kept, &images.rows)?;
    let counts = Counts::of(&images.rows, &images.labels, dataset.classes(), division.splits());
    let missing = missing(&parts, dataset.classes(), &division.fractions);
    let torn = images.torn_groups();
    answer
        .give(|| counts.text(&output, &missing, &torn), || counts.json(&output, &missing, &torn))?;
    Ok(true)
}

impl Options {
    /// The columns that the new manifest has of an old one: all but those that `split` decides. None in
    /// other layouts.
    fn kept_columns(&self) -> Result<Vec<String>> {
        let path = self.input.path()?;
        if Layout::recognise(&path)? != Layout::Manifest {
            return Ok(Vec::new());
        }
        let decided = |name: &str| {
            matches!(name, "path" | "split") || name == "group" && self.group_until.is_some()
        };
        let mut columns = ImageFiles::manifest_columns(&path)?;
        columns.retain(|name| !decided(name));
        Ok(columns)
    }
}

impl Images<'_> {
    fn add(
        &mut self,
        InspectSplit { name, source }: &InspectSplit,
        classes: &[String],
        by_name: bool,
    ) -> Result<()> {
        for index in 0..source.len() {
            let Some(file) = source.file(index) else {
                bail!(
                    "the split {name} is {}: a split is a list of files, which these images are not. \
                     Split the folder that they were made from",
                    source.describe()
                )
            };
            let label = source.label(index)?;
            let group = source.group(index).map(str::to_owned);
            let class = classes.get(label as usize).cloned();
            let class = class.with_context(|| format!("label {label} has no class"))?;
            self.groups.push(group.clone());
            self.labels.push(label);
            let field = |name: &String| source.column(index, name).unwrap_or_default().to_owned();
            let further: Vec<String> = self.kept.iter().map(field).collect();
            let split = name.clone();
            self.rows.push(match further.is_empty() {
                true => {
                    let (class, weight) = (Some(class), source.weight(index));
                    Row { file, class, split, group, weight, further }
                }
                // A manifest's own columns say all of it.
                false => {
                    let group = group.filter(|_| by_name);
                    Row { file, class: None, split, group, weight: 1.0, further }
                }
            });
        }
        Ok(())
    }

    /// Puts the images `divided` into splits of these fractions.
    fn stratify(
        &self,
        root: &Path,
        divided: &[usize],
        fractions: &Fractions,
        seed: u64,
    ) -> Result<Stratified> {
        let name = |image: usize| -> Result<String> {
            let below = self.rows[image].file.strip_prefix(root)?;
            Ok(below.to_string_lossy().replace('\\', "/"))
        };
        let names = divided.iter().map(|&image| name(image)).collect::<Result<Vec<_>>>()?;
        let items = divided.iter().zip(&names).map(|(&image, name)| Item {
            name,
            label: self.labels[image],
            group: self.groups[image].as_deref(),
        });
        Ok(stratify(&items.collect::<Vec<_>>(), fractions, seed))
    }

    /// A sentence about groups that are in two splits: those of a split that stays, which is not divided.
    fn torn_groups(&self) -> Option<String> {
        let mut split_of = BTreeMap::new();
        let mut torn = BTreeSet::new();
        for (row, group) in self.rows.iter().zip(&self.groups) {
            let Some(group) = group else { continue };
            if *split_of.entry(group).or_insert(&row.split) != &row.split {
                torn.insert(group);
            }
        }
        let (count, first) = (torn.len(), torn.first()?);
        Some(format!(
            "{count} groups have images in a split that stays and in another, such as {first}: keep none of \
             these splits, or leave such images out"
        ))
    }
}

/// Sentences about classes that are not in every split.
fn missing(parts: &Stratified, classes: &[String], fractions: &Fractions) -> Vec<String> {
    let sentence = |missing: &resnet::data::stratify::Missing| {
        let class = classes.get(missing.label as usize).map_or("?", String::as_str);
        let (split, groups) = (fractions.name(missing.split), missing.groups);
        format!("{split} has no image of {class}, which has {groups} images or groups to divide")
    };
    parts.missing.iter().map(sentence).collect()
}
