//! `split`: a manifest with a split for every image.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use clap::Args;
use resnet::data::inspect::InspectSplit;
use resnet::data::stratify::{Fractions, Item, Row, Stratified, stratify, write_manifest};
use resnet::data::{DatasetOptions, GroupBy, ImageFiles, Layout};
use serde_json::{Value, json};

use crate::Input;
use crate::output::{Answer, table};

#[derive(Args)]
pub(crate) struct Options {
    #[command(flatten)]
    input: Input,
    /// Names and sizes of the splits.
    #[arg(long, default_value = "train=0.8,validation=0.1,test=0.1")]
    fractions: Fractions,
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
    let root = options.input.path();
    let root = if root.is_dir() { &root } else { root.parent().unwrap_or(Path::new("")) };
    let output = options.output.clone().unwrap_or_else(|| root.join("split.csv"));
    let (rows, labels, groups) = Default::default();
    let mut images = Images { kept: &kept, rows, labels, groups };
    for split in InspectSplit::of(&dataset) {
        images.add(&split, dataset.classes(), options.group_until.is_some())?;
    }
    let parts = images.stratify(root, options)?;
    for (row, &split) in images.rows.iter_mut().zip(&parts.split_of) {
        options.fractions.name(split).clone_into(&mut row.split);
    }
    write_manifest(&output, &kept, &images.rows)?;
    let counts = Counts::of(&images, dataset.classes(), &options.fractions);
    let missing = missing(&parts, dataset.classes(), &options.fractions);
    answer.give(|| counts.text(&output, &missing), || counts.json(&output, &missing))?;
    Ok(true)
}

impl Options {
    /// The columns that the new manifest has of an old one: all but those that `split` decides. None in
    /// other layouts.
    fn kept_columns(&self) -> Result<Vec<String>> {
        let path = self.input.path();
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
            let split = String::new();
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

    fn stratify(&self, root: &Path, options: &Options) -> Result<Stratified> {
        let names: Vec<String> = self
            .rows
            .iter()
            .map(|row| Ok(row.file.strip_prefix(root)?.to_string_lossy().replace('\\', "/")))
            .collect::<Result<_>>()?;
        let items = names.iter().zip(&self.labels).zip(&self.groups);
        let items: Vec<Item<'_>> = items
            .map(|((name, &label), group)| Item { name, label, group: group.as_deref() })
            .collect();
        Ok(stratify(&items, &options.fractions, options.seed))
    }
}

/// Images of each class in each split.
struct Counts<'a> {
    classes: &'a [String],
    splits: Vec<&'a str>,
    /// By class and split.
    images: BTreeMap<(&'a str, &'a str), u64>,
}

impl<'a> Counts<'a> {
    fn of(all: &'a Images<'_>, classes: &'a [String], fractions: &'a Fractions) -> Self {
        let mut images = BTreeMap::new();
        for (row, &label) in all.rows.iter().zip(&all.labels) {
            let class = classes[label as usize].as_str();
            *images.entry((class, row.split.as_str())).or_default() += 1;
        }
        Self { classes, splits: fractions.iter().map(|(name, _)| name).collect(), images }
    }

    fn count(&self, class: &str, split: &str) -> u64 {
        self.images.get(&(class, split)).copied().unwrap_or(0)
    }

    fn total(&self, split: &str) -> u64 {
        self.classes.iter().map(|class| self.count(class, split)).sum()
    }

    fn text(&self, output: &Path, missing: &[String]) -> String {
        let row = |name: &str, count: &dyn Fn(&str) -> String| {
            let cells = self.splits.iter().map(|split| count(split));
            std::iter::once(name.to_owned()).chain(cells).collect()
        };
        let mut rows = vec![row("class", &|split| split.to_owned())];
        rows.extend(
            self.classes
                .iter()
                .map(|class| row(class, &|split| self.count(class, split).to_string())),
        );
        rows.push(row("all", &|split| self.total(split).to_string()));
        let missing: String = missing.iter().map(|text| format!("\n- {text}.")).collect();
        format!("{}\n\nWritten to {}.{missing}", table(&rows, 1), output.display())
    }

    fn json(&self, output: &Path, missing: &[String]) -> Value {
        let of_split = |split: &&str| {
            let of_class = |class: &String| (class.clone(), json!(self.count(class, split)));
            let classes: serde_json::Map<_, _> = self.classes.iter().map(of_class).collect();
            ((*split).to_owned(), json!({ "images": self.total(split), "classes": classes }))
        };
        let splits: serde_json::Map<_, _> = self.splits.iter().map(of_split).collect();
        json!({ "output": output, "splits": splits, "missing": missing })
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
