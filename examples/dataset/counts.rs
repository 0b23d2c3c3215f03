//! How many images of each class are in each split, as a table and in JSON.

use std::collections::BTreeMap;
use std::path::Path;

use resnet::data::stratify::Row;
use serde_json::{Value, json};

use crate::output::table;

/// Images of each class in each split.
pub(crate) struct Counts<'a> {
    classes: &'a [String],
    splits: Vec<&'a str>,
    /// By class and split.
    images: BTreeMap<(&'a str, &'a str), u64>,
}

impl<'a> Counts<'a> {
    pub(crate) fn of(
        rows: &'a [Row],
        labels: &[u32],
        classes: &'a [String],
        splits: Vec<&'a str>,
    ) -> Self {
        let mut images = BTreeMap::new();
        for (row, &label) in rows.iter().zip(labels) {
            let class = classes[label as usize].as_str();
            *images.entry((class, row.split.as_str())).or_default() += 1;
        }
        Self { classes, splits, images }
    }

    fn count(&self, class: &str, split: &str) -> u64 {
        self.images.get(&(class, split)).copied().unwrap_or(0)
    }

    fn total(&self, split: &str) -> u64 {
        self.classes.iter().map(|class| self.count(class, split)).sum()
    }

    pub(crate) fn text(&self, output: &Path, missing: &[String], torn: &Option<String>) -> String {
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
        let notes: String = missing.iter().chain(torn).map(|text| format!("\n- {text}.")).collect();
        format!("{}\n\nWritten to {}.{notes}", table(&rows, 1), output.display())
    }

    pub(crate) fn json(&self, output: &Path, missing: &[String], torn: &Option<String>) -> Value {
        let of_split = |split: &&str| {
            let of_class = |class: &String| (class.clone(), json!(self.count(class, split)));
            let classes: serde_json::Map<_, _> = self.classes.iter().map(of_class).collect();
            ((*split).to_owned(), json!({ "images": self.total(split), "classes": classes }))
        };
        let splits: serde_json::Map<_, _> = self.splits.iter().map(of_split).collect();
        json!({ "output": output, "splits": splits, "missing": missing, "torn_groups": torn })
    }
}
