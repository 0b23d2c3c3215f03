//! Names of classes, from the files that others keep them in.

use std::collections::HashMap;
use std::path::Path;

use serde::Deserialize;

use super::DatasetOptions;
use super::error::DatasetError;
use crate::lines::one_a_line;

/// More are a damaged label, not a data set.
pub(super) const MAX_CLASSES: u32 = 1 << 20;

/// An entry of `classes.json`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Entry {
    /// As `prepare` writes it.
    Class {
        id: String,
        name: String,
    },
    Name(String),
}

/// The names in `classes.json`: a list of names, or of `{"id": .., "name": ..}`; or, one a line, in
/// `classes.txt`.
pub(super) fn beside(folder: &Path) -> Result<Option<Vec<String>>, DatasetError> {
    let json = folder.join("classes.json");
    let Some(text) = read(&json)? else { return lines(&folder.join("classes.txt")) };
    let entries: Vec<Entry> = serde_json::from_str(&text).map_err(|error| {
        DatasetError::content(&json, format!("no list of class names ({error}): mend or remove it"))
    })?;
    Ok(Some(distinct(entries)))
}

/// The names in a text file, one a line, if it is there.
pub(super) fn lines(path: &Path) -> Result<Option<Vec<String>>, DatasetError> {
    let Some(text) = read(path)? else { return Ok(None) };
    let names = one_a_line(&text);
    names.map(Some).map_err(|problem| DatasetError::content(path, problem))
}

/// `0`, `1` and so on.
pub(super) fn numbered(count: u32) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

/// The names in a file beside the data at `path`, else numbers up to the largest label.
pub(super) fn beside_or_numbered(
    path: &Path,
    largest_label: i64,
    options: &DatasetOptions,
) -> Result<Vec<String>, DatasetError> {
    let folder = if path.is_dir() { path } else { path.parent().unwrap_or(Path::new("")) };
    if let Some(names) = beside(folder)? {
        return Ok(names);
    }
    let first = i64::from(options.label_offset.unwrap_or(0));
    let needed = u32::try_from((largest_label - first + 1).max(1)).unwrap_or(MAX_CLASSES);
    Ok(numbered(options.num_classes.unwrap_or(needed)))
}

/// The content of a file, if it is there.
pub(super) fn read(path: &Path) -> Result<Option<String>, DatasetError> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(DatasetError::io("read", path)(error)),
    }
}

/// Names, with the identifier where two classes have the same one: ImageNet has a crane that flies and
/// one that lifts.
fn distinct(entries: Vec<Entry>) -> Vec<String> {
    let mut times: HashMap<String, usize> = HashMap::new();
    for entry in &entries {
        let (Entry::Class { name, .. } | Entry::Name(name)) = entry;
        *times.entry(name.clone()).or_default() += 1;
    }
    let unique = |entry| match entry {
        Entry::Class { id, name } if times[&name] > 1 => format!("{name} ({id})"),
        Entry::Class { name, .. } | Entry::Name(name) => name,
    };
    entries.into_iter().map(unique).collect()
}
