//! A list of images and their splits, as a file.

use std::fmt::Write as _;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::error::StratifyError;

/// An image in a manifest.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The file.
    pub file: PathBuf,
    /// The name of its class.
    pub class: String,
    /// The name of its split.
    pub split: String,
    /// Its group.
    pub group: Option<String>,
    /// How often it is to be drawn, against 1.
    pub weight: f32,
}

/// Writes a CSV file with the columns `path`, `label`, `split`, and `group` and `weight` if any row
/// needs them. Paths are relative to the manifest's folder. The file is there whole or not at all.
///
/// # Errors
///
/// If the file exists, an image is not below its folder, a name has a line break, or the system
/// refuses.
pub fn write_manifest(path: &Path, rows: &[Row]) -> Result<(), StratifyError> {
    if path.exists() {
        return Err(StratifyError::Exists { path: path.to_owned() });
    }
    let text = text(path, rows)?;
    let beside = path.with_extension(format!("{}.part", std::process::id()));
    let written = write_synced(&beside, &text).and_then(|()| std::fs::rename(&beside, path));
    written.map_err(|source| StratifyError::Io { path: path.to_owned(), source })
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()
}

fn text(manifest: &Path, rows: &[Row]) -> Result<String, StratifyError> {
    let groups = rows.iter().any(|row| row.group.is_some());
    let weights = rows.iter().any(|row| row.weight != 1.0);
    let folder = absolute(manifest)?.parent().unwrap_or(Path::new("/")).to_owned();
    let mut text = "path,label,split".to_owned();
    text += if groups { ",group" } else { "" };
    text += if weights { ",weight\n" } else { "\n" };
    for row in rows {
        let path = below(&row.file, &folder)?;
        let [path, class, split] = [&path, &row.class, &row.split].map(|name| field(name));
        write!(text, "{},{},{}", path?, class?, split?).expect("a String takes any text");
        if groups {
            text.push(',');
            text += &field(row.group.as_deref().unwrap_or_default())?;
        }
        if weights {
            write!(text, ",{}", row.weight).expect("a String takes any text");
        }
        text.push('\n');
    }
    Ok(text)
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
