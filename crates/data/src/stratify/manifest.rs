//! A list of images and their splits, as a file.

use std::path::{Path, PathBuf};

use super::error::StratifyError;

/// An image in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The file.
    pub file: PathBuf,
    /// The name of its class; `None` where further columns say it.
    pub class: Option<String>,
    /// The name of its split.
    pub split: String,
    /// Its group.
    pub group: Option<String>,
    /// How often it is to be drawn, against 1.
    pub weight: f32,
    /// What it says in further columns, in their order; the rest of them is empty.
    pub further: Vec<String>,
}

/// Writes a CSV file with the columns `path` and `split`, those of `further`, and `label`, `group` and
/// `weight` if any row needs them. Paths are relative to the manifest's folder. The file is there whole or
/// not at all.
///
/// # Errors
///
/// If the file exists, an image is not below its folder, a name has a line break, or the system
/// refuses.
pub fn write_manifest(path: &Path, further: &[String], rows: &[Row]) -> Result<(), StratifyError> {
    if path.exists() {
        return Err(StratifyError::Exists { path: path.to_owned() });
    }
    let text = text(path, further, rows)?;
    let written = resnet_files::replace(path, text.as_bytes());
    written.map_err(|source| StratifyError::Io { path: path.to_owned(), source })
}

fn text(manifest: &Path, further: &[String], rows: &[Row]) -> Result<String, StratifyError> {
    let classes = rows.iter().any(|row| row.class.is_some());
    let groups = rows.iter().any(|row| row.group.is_some());
    let weights = rows.iter().any(|row| row.weight != 1.0);
    let folder = absolute(manifest)?.parent().unwrap_or(Path::new("/")).to_owned();
    let names = ["path"].into_iter().chain(classes.then_some("label"));
    let names = names.chain(further.iter().map(String::as_str)).chain(["split"]);
    let names = names.chain(groups.then_some("group")).chain(weights.then_some("weight"));
    let mut text = line(names)?;
    for row in rows {
        let (path, weight) = (below(&row.file, &folder)?, row.weight.to_string());
        let class = classes.then(|| row.class.as_deref().unwrap_or_default());
        let group = groups.then(|| row.group.as_deref().unwrap_or_default());
        let others = (0..further.len()).map(|column| row.further.get(column).map_or("", |x| x));
        let fields = [path.as_str()].into_iter().chain(class).chain(others).chain([&*row.split]);
        text += &line(fields.chain(group).chain(weights.then_some(&*weight)))?;
    }
    Ok(text)
}

fn line<'a>(fields: impl Iterator<Item = &'a str>) -> Result<String, StratifyError> {
    let fields: Vec<String> = fields.map(field).collect::<Result<_, _>>()?;
    Ok(fields.join(",") + "\n")
}

/// The path of a file below a folder, with `/` on every system.
fn below(file: &Path, folder: &Path) -> Result<String, StratifyError> {
    let absolute = absolute(file)?;
    let Ok(relative) = absolute.strip_prefix(folder) else {
        return Err(StratifyError::Outside { file: file.to_owned(), folder: folder.to_owned() });
    };
    let parts: Option<Vec<&str>> = relative.iter().map(|part| part.to_str()).collect();
    let parts = parts.ok_or_else(|| StratifyError::Name { name: file.display().to_string() })?;
    Ok(parts.join("/"))
}

fn absolute(path: &Path) -> Result<PathBuf, StratifyError> {
    std::path::absolute(path).map_err(|source| StratifyError::Io { path: path.to_owned(), source })
}

/// A field of a line, in quotes where it would be misunderstood.
fn field(name: &str) -> Result<String, StratifyError> {
    if name.contains(['\n', '\r']) {
        return Err(StratifyError::Name { name: name.to_owned() });
    }
    Ok(match name.contains([',', '"', '\t']) {
        true => format!("\"{}\"", name.replace('"', "\"\"")),
        false => name.to_owned(),
    })
}
