//! A CSV or TSV file that lists images.

mod columns;

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::{Groups, ImageFiles, ImageFilesError};
use columns::{Columns, fields};

/// What a manifest says.
#[derive(Default)]
pub(crate) struct Manifest {
    root: PathBuf,
    classes: Names,
    splits: Names,
    groups: Names,
    has_groups: bool,
    has_weights: bool,
    lines: Vec<Line>,
}

/// An image; names are given by their numbers.
struct Line {
    path: String,
    class: u32,
    split: Option<u32>,
    group: Option<u32>,
    weight: f32,
}

/// Different names, numbered as they come.
#[derive(Default)]
struct Names {
    names: Vec<String>,
    numbers: HashMap<String, u32>,
}

impl Manifest {
    pub(crate) fn read(file: &Path) -> Result<Self, ImageFilesError> {
        let text = std::fs::read_to_string(file).map_err(ImageFilesError::io("read", file))?;
        let mut manifest = Self::parse(&text).map_err(|(line, problem)| {
            ImageFilesError::Manifest { path: file.to_owned(), line, problem }
        })?;
        manifest.root = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(manifest)
    }

    /// All lines, or the number of the first bad one and what is wrong with it.
    fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut numbered = (1..).zip(text.trim_start_matches('\u{feff}').lines());
        let (_, header) = numbered.next().ok_or((1, "an empty file".to_owned()))?;
        let separator = if header.contains('\t') { '\t' } else { ',' };
        let columns = fields(header, separator).and_then(|header| Columns::of(&header));
        let columns = columns.map_err(|problem| (1, problem))?;
        let mut manifest = Self {
            has_groups: columns.group.is_some(),
            has_weights: columns.weight.is_some(),
            ..Self::default()
        };
        for (number, line) in numbered.filter(|(_, line)| !line.is_empty()) {
            let fields = fields(line, separator).map_err(|problem| (number, problem))?;
            manifest.push(&columns, &fields).map_err(|problem| (number, problem))?;
        }
        if manifest.lines.is_empty() {
            return Err((1, "no line lists an image: add one below the header".to_owned()));
        }
        manifest.order_classes();
        Ok(manifest)
    }

    fn push(&mut self, columns: &Columns, fields: &[String]) -> Result<(), String> {
        let (path, label) = (columns.path(fields)?, columns.label(fields)?);
        let class = self.classes.number(label);
        let split = columns.split(fields)?.map(|split| self.splits.number(split));
        let group = columns.group(fields).map(|group| self.groups.number(group));
        let weight = columns.weight(fields)?;
        self.lines.push(Line { path: path.to_owned(), class, split, group, weight });
        Ok(())
    }

    /// Numbers the classes in the order of their names: of their values, if all are whole numbers.
    fn order_classes(&mut self) {
        let mut sorted = self.classes.names.clone();
        let value = |name: &String| name.parse::<u64>();
        match sorted.iter().all(|name| value(name).is_ok()) {
            true => sorted.sort_by_key(|name| (value(name).unwrap_or_default(), name.clone())),
            false => sorted.sort(),
        }
        let mut ordered = Names::default();
        for name in &sorted {
            ordered.number(name);
        }
        for line in &mut self.lines {
            line.class = ordered.number(&self.classes.names[line.class as usize]);
        }
        self.classes = ordered;
    }

    /// The names of the splits; none if there is no such column.
    pub(crate) fn splits(&self) -> &[String] {
        &self.splits.names
    }

    /// The names of the classes of all lines; the position is the label.
    pub(crate) fn classes(&self) -> &[String] {
        &self.classes.names
    }

    /// The images of a split, or of all lines.
    pub(crate) fn images(&self, split: Option<&str>) -> Result<ImageFiles, ImageFilesError> {
        let wanted = |line: &&Line| {
            let name = line.split.map(|split| self.splits.names[split as usize].as_str());
            split.is_none() || name == split
        };
        let mut files = ImageFiles::new(self.root.clone(), self.classes.names.clone());
        for line in self.lines.iter().filter(wanted) {
            files.push(&line.path, line.class)?;
        }
        let lines = || self.lines.iter().filter(wanted);
        files.groups = self.has_groups.then(|| Groups {
            names: self.groups.names.clone(),
            of_image: lines().map(|line| line.group).collect(),
        });
        files.weights = self.has_weights.then(|| lines().map(|line| line.weight).collect());
        Ok(files)
    }
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        if let Some(&number) = self.numbers.get(name) {
            return number;
        }
        let number = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        self.names.push(name.to_owned());
        self.numbers.insert(name.to_owned(), number);
        number
    }
}

pub(super) fn open(file: &Path, split: Option<&str>) -> Result<ImageFiles, ImageFilesError> {
    let manifest = Manifest::read(file)?;
    let known = manifest.splits();
    let problem = match split {
        Some(_) if known.is_empty() => "there is no column \"split\": add it".to_owned(),
        Some(wanted) if !known.iter().any(|split| split == wanted) => format!(
            "no line is of the wanted split {wanted:?}: check the name, the splits are {}",
            known.join(", ")
        ),
        _ => return manifest.images(split),
    };
    Err(ImageFilesError::Manifest { path: file.to_owned(), line: 1, problem })
}
