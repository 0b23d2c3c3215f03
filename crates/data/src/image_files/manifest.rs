//! A CSV or TSV file that lists images.

mod columns;
mod repeated;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::names::Names;
use super::{ImageFiles, ImageFilesError, Words};
use columns::{Columns, fields};

pub(crate) use columns::Wanted;

/// What a manifest says.
#[derive(Default)]
pub(crate) struct Manifest {
    root: PathBuf,
    classes: Names,
    splits: Names,
    groups: Names,
    has_groups: bool,
    has_weights: bool,
    /// Further columns that are wanted.
    further: Vec<(String, Names)>,
    lines: Vec<Line>,
    /// Lines that cannot be used, in their order.
    bad: Vec<BadLine>,
}

/// The number of a line, from 1; what is wrong with it, and what to do.
pub(crate) type BadLine = (usize, String);

/// An image; names are given by their numbers.
struct Line {
    number: usize,
    path: String,
    class: u32,
    split: Option<u32>,
    group: Option<u32>,
    weight: f32,
    /// Of each further column.
    further: Vec<Option<u32>>,
}

/// What stands between fields: a tab, a comma, or the semicolon of spreadsheets where a comma is in numbers.
fn separator(header: &str) -> char {
    ['\t', ',', ';'].into_iter().find(|&sign| header.contains(sign)).unwrap_or(',')
}

impl Manifest {
    /// The first line that cannot be used is an error.
    pub(crate) fn read(file: &Path, wanted: &Wanted<'_>) -> Result<Self, ImageFilesError> {
        let mut manifest = Self::read_good_lines(file, wanted)?;
        match manifest.bad.is_empty() {
            true => Ok(manifest),
            false => Err(of_line(file, manifest.bad.remove(0))),
        }
    }

    /// Lines that cannot be used are left out and listed in [`bad`](Self::bad); that none can be used is
    /// an error.
    pub(crate) fn read_good_lines(
        file: &Path,
        wanted: &Wanted<'_>,
    ) -> Result<Self, ImageFilesError> {
        let text = std::fs::read_to_string(file).map_err(ImageFilesError::io("read", file))?;
        let mut manifest = Self::parse(&text, wanted).map_err(|bad| of_line(file, bad))?;
        manifest.root = file.parent().unwrap_or(Path::new("")).to_owned();
        Ok(manifest)
    }

    /// The lines that cannot be used.
    pub(crate) fn bad(&self) -> &[BadLine] {
        &self.bad
    }

    fn parse(text: &str, wanted: &Wanted<'_>) -> Result<Self, BadLine> {
        let (separator, header) = header(text)?;
        let columns = Columns::of(&header, wanted).map_err(|problem| (1, problem))?;
        let mut manifest = Self {
            has_groups: columns.group.is_some(),
            has_weights: columns.weight.is_some(),
            further: wanted.further.iter().map(|name| (name.clone(), Names::default())).collect(),
            ..Self::default()
        };
        let numbered = (1..).zip(text.lines()).skip(1);
        for (number, line) in numbered.filter(|(_, line)| !line.is_empty()) {
            let fields = fields(line, separator);
            let pushed = fields.and_then(|fields| manifest.push(number, &columns, &fields));
            manifest.bad.extend(pushed.err().map(|problem| (number, problem)));
        }
        manifest.refuse_repeated();
        if manifest.lines.is_empty() {
            let nothing = "no line lists an image: add one below the header".to_owned();
            return Err(manifest.bad.into_iter().next().unwrap_or((1, nothing)));
        }
        manifest.order_classes();
        Ok(manifest)
    }

    fn push(&mut self, number: usize, columns: &Columns, fields: &[String]) -> Result<(), String> {
        let (path, label) = (columns.path(fields)?, columns.label(fields)?);
        let (split, weight) = (columns.split(fields)?, columns.weight(fields)?);
        // Only names in good lines are classes, splits and groups.
        let class = self.classes.number(&label);
        let split = split.map(|split| self.splits.number(split));
        let group = columns.group(fields).map(|group| self.groups.number(group));
        let words = columns.further(fields).zip(&mut self.further);
        let further = words.map(|(word, (_, names))| Some(names.number(word?))).collect();
        let path = path.to_owned();
        self.lines.push(Line { number, path, class, split, group, weight, further });
        Ok(())
    }

    /// Numbers the classes in the order of their names: of their values, if all are whole numbers.
    fn order_classes(&mut self) {
        // A line that is left out may have been the only one of its class.
        let used: BTreeSet<u32> = self.lines.iter().map(|line| line.class).collect();
        let name = |class| self.classes.names[class as usize].clone();
        let mut sorted: Vec<String> = used.into_iter().map(name).collect();
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
        files.groups = self.has_groups.then(|| Words {
            names: self.groups.names.clone(),
            of_image: lines().map(|line| line.group).collect(),
        });
        let further = self.further.iter().enumerate().map(|(column, (name, words))| {
            let of_image = lines().map(|line| line.further[column]).collect();
            (name.clone(), Words { names: words.names.clone(), of_image })
        });
        files.columns = further.collect();
        files.weights = self.has_weights.then(|| lines().map(|line| line.weight).collect());
        Ok(files)
    }
}

/// What stands between the fields of a text, and its first line.
fn header(text: &str) -> Result<(char, Vec<String>), BadLine> {
    let header = text.trim_start_matches('\u{feff}').lines().next();
    let header = header.ok_or((1, "an empty file".to_owned()))?;
    let separator = separator(header);
    Ok((separator, fields(header, separator).map_err(|problem| (1, problem))?))
}

/// The names of the columns of a manifest.
pub(super) fn columns_of(file: &Path) -> Result<Vec<String>, ImageFilesError> {
    let text = std::fs::read_to_string(file).map_err(ImageFilesError::io("read", file))?;
    let (_, header) = header(&text).map_err(|bad| of_line(file, bad))?;
    Ok(header.iter().map(|name| name.trim().to_owned()).collect())
}

fn of_line(file: &Path, (line, problem): BadLine) -> ImageFilesError {
    ImageFilesError::Manifest { path: file.to_owned(), line, problem }
}

pub(super) fn open(file: &Path, split: Option<&str>) -> Result<ImageFiles, ImageFilesError> {
    let manifest = Manifest::read(file, &Wanted::default())?;
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
