//! Which layout a data set has, by names alone.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

use super::error::DatasetError;
use crate::error::list_for_message;
use crate::{shards, split_name};

/// How a data set lies on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Layout {
    /// TFRecord shards in the schema of TensorFlow's `imagenet_to_gcs.py`, flat or in `train/` and
    /// `validation/`.
    Shards,
    /// A folder that TensorFlow Datasets prepared, such as `imagenet2012/5.1.0`.
    Tfds,
    /// `CLASS/NAME`: a folder for each class.
    ClassFolders,
    /// `train/CLASS/NAME`, `val/CLASS/NAME` and so on, each as torchvision's `ImageFolder` wants it.
    SplitFolders,
    /// A CSV or TSV file that lists images.
    Manifest,
    /// Tar files in which each sample is an image and a `.cls` file of the same name.
    WebDataset,
    /// Parquet files with encoded images, as on the Hugging Face hub; read with the feature `parquet`.
    Parquet,
}

impl Layout {
    /// The layout of a folder or file, by names alone: nothing is opened.
    ///
    /// # Errors
    ///
    /// [`DatasetError::NotRecognised`], which says what is there and what could be.
    pub fn recognise(path: &Path) -> Result<Self, DatasetError> {
        recognise(path)
    }

    /// Whether the images come with the names of their classes; where they do not, and no file beside them has
    /// these, the largest label says no more than how many classes there are at least.
    #[must_use]
    pub fn names_classes(self) -> bool {
        !matches!(self, Self::WebDataset | Self::Parquet)
    }

    /// Whether folders within that of the images are taken for classes or splits.
    #[must_use]
    pub fn has_named_folders(self) -> bool {
        matches!(self, Self::ClassFolders | Self::SplitFolders)
    }
}

/// Whether `folder`, which need not exist, is `root` or lies in it.
#[must_use]
pub fn lies_in(folder: &Path, root: &Path) -> bool {
    resolved(folder).starts_with(resolved(root))
}

/// A path without links and dots; what does not exist yet follows what does.
fn resolved(path: &Path) -> PathBuf {
    let absolute = std::path::absolute(path).unwrap_or_else(|_empty| path.to_owned());
    let existing = |above: &Path| {
        let rest = absolute.strip_prefix(above).ok()?;
        Some(above.canonicalize().ok()?.join(rest))
    };
    absolute.ancestors().find_map(existing).unwrap_or_else(|| absolute.clone())
}

impl fmt::Display for Layout {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Shards => "TFRecord shards",
            Self::Tfds => "TensorFlow Datasets",
            Self::ClassFolders => "a folder for each class",
            Self::SplitFolders => "a folder for each split and class",
            Self::Manifest => "a manifest",
            Self::WebDataset => "WebDataset tar files",
            Self::Parquet => "Parquet files",
        })
    }
}

/// The layout of what lies at `path`.
///
/// Folders of images come last: the others have files with names that mean nothing else.
pub(super) fn recognise(path: &Path) -> Result<Layout, DatasetError> {
    if !path.is_dir() {
        return of_file(path);
    }
    let names = shards::entries(path)?;
    if is_tfds(&names) {
        Ok(Layout::Tfds)
    } else if !shards::prefixes(path, &names)?.is_empty() {
        Ok(Layout::Shards)
    } else if !files_with(path, "tar")?.is_empty() {
        Ok(Layout::WebDataset)
    } else if !files_with(path, "parquet")?.is_empty() {
        Ok(Layout::Parquet)
    } else if has_split_folders(path, &names)? {
        Ok(Layout::SplitFolders)
    } else if folders(&names).next().is_some() {
        Ok(Layout::ClassFolders)
    } else {
        let (path, found) = (path.to_owned(), list_for_message(names));
        Err(DatasetError::NotRecognised { path, found })
    }
}

fn of_file(path: &Path) -> Result<Layout, DatasetError> {
    path.metadata().map_err(DatasetError::io("look at", path))?;
    match path.extension().and_then(OsStr::to_str) {
        Some("csv" | "tsv") => Ok(Layout::Manifest),
        Some("tar") => Ok(Layout::WebDataset),
        Some("parquet") => Ok(Layout::Parquet),
        _ => {
            let found = "a file with another extension".to_owned();
            Err(DatasetError::NotRecognised { path: path.to_owned(), found })
        }
    }
}

/// Others keep a `dataset_info.json` as well, so the shards must be there too.
fn is_tfds(names: &[String]) -> bool {
    let described = names.iter().any(|name| name == "dataset_info.json" || name == "features.json");
    described && names.iter().any(|name| name.contains(".tfrecord-"))
}

fn has_split_folders(path: &Path, names: &[String]) -> Result<bool, DatasetError> {
    for folder in folders(names).filter(|name| split_name::is_known(name)) {
        if folders(&shards::entries(&path.join(folder))?).next().is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The folders among the entries, without those that are hidden.
pub(super) fn folders(names: &[String]) -> impl Iterator<Item = &str> {
    let folders = names.iter().filter_map(|name| name.strip_suffix('/'));
    folders.filter(|name| !name.starts_with('.'))
}

/// The files of a data set that is the file `path` or all files in a folder with this extension, with
/// their splits; in order within a split.
pub(super) fn by_split(
    path: &Path,
    extension: &str,
) -> Result<BTreeMap<String, Vec<PathBuf>>, DatasetError> {
    let (root, names) = match path.is_dir() {
        true => (path, files_with(path, extension)?),
        false => {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            (path.parent().unwrap_or(Path::new("")), vec![name])
        }
    };
    if names.is_empty() {
        let found = format!("no .{extension} file");
        return Err(DatasetError::NotRecognised { path: path.to_owned(), found });
    }
    let mut splits: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    for name in names {
        let split = split_name::of_file(&name).to_owned();
        splits.entry(split).or_default().push(root.join(name));
    }
    Ok(splits)
}

/// The sorted names of the files with this extension, in the folder or below it in `data/` or a
/// folder for a split.
fn files_with(path: &Path, extension: &str) -> Result<Vec<String>, DatasetError> {
    let wanted = |name: &&String| {
        let found = name.rsplit_once('.').is_some_and(|(_, found)| found == extension);
        found && !name.starts_with('.')
    };
    let names = shards::entries(path)?;
    let mut found: Vec<String> = names.iter().filter(wanted).cloned().collect();
    for folder in folders(&names).filter(|name| *name == "data" || split_name::is_known(name)) {
        let below = shards::entries(&path.join(folder))?;
        found.extend(below.iter().filter(wanted).map(|name| format!("{folder}/{name}")));
    }
    found.sort();
    Ok(found)
}
