//! A folder for each class.

use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::{ImageFiles, ImageFilesError};

/// The images below `root`. A class without an image is an error, or is added to `empty` and stays a
/// class.
pub(crate) fn open(
    root: &Path,
    cache: Option<&Path>,
    mut empty: Option<&mut Vec<PathBuf>>,
) -> Result<ImageFiles, ImageFilesError> {
    let classes = names(root, is_folder)?;
    if classes.is_empty() {
        return Err(ImageFilesError::NoClasses { root: root.to_owned() });
    }
    let mut cached = cache.map(Cache::load).unwrap_or_default();
    let mut files = ImageFiles::new(root.to_owned(), classes.clone());
    for (number, class) in (0..).zip(&classes) {
        let path = root.join(class);
        let names = cached.names(class, &path, || names(&path, is_image))?;
        match &mut empty {
            _ if !names.is_empty() => {}
            Some(empty) => empty.push(path),
            None => return Err(ImageFilesError::EmptyClass { path }),
        }
        for name in names {
            files.push(&format!("{class}/{name}"), number)?;
        }
    }
    if let Some(path) = cache {
        cached.save(path, &classes)?;
    }
    Ok(files)
}

/// The images below `folder`, at any depth.
pub(super) fn below(folder: &Path) -> Result<Vec<PathBuf>, ImageFilesError> {
    let mut paths: Vec<_> =
        names(folder, is_image)?.into_iter().map(|name| folder.join(name)).collect();
    // Links to folders are left out: they may lead back here.
    let is_own_folder: fn(&DirEntry, &str) -> bool =
        |entry, _| entry.file_type().is_ok_and(|kind| kind.is_dir());
    for name in names(folder, is_own_folder)? {
        paths.extend(below(&folder.join(name))?);
    }
    paths.sort();
    paths.dedup();
    Ok(paths)
}

/// The sorted names of those entries of a folder that are wanted; hidden ones are not.
fn names(
    folder: &Path,
    wanted: fn(&DirEntry, &str) -> bool,
) -> Result<Vec<String>, ImageFilesError> {
    let failed = |error| ImageFilesError::io("list", folder)(error);
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let Ok(name) = entry.file_name().into_string() else {
            return Err(ImageFilesError::Name { path: entry.path() });
        };
        if !name.starts_with('.') && wanted(&entry, &name) {
            names.push(name);
        }
    }
    names.sort();
    Ok(names)
}

fn is_folder(entry: &DirEntry, _: &str) -> bool {
    // Without a look at the file: that takes a while with a million of them.
    entry.file_type().is_ok_and(|kind| kind.is_dir() || kind.is_symlink()) && entry.path().is_dir()
}

fn is_image(_: &DirEntry, name: &str) -> bool {
    has_image_extension(name)
}

/// What the names of images end in.
pub(crate) const IMAGE_ENDINGS: &str = if cfg!(feature = "dicom") {
    ".jpg, .jpeg, .png, .tif, .tiff, .bmp, .dcm"
} else {
    ".jpg, .jpeg, .png, .tif, .tiff, .bmp"
};

/// Whether a file is an image, by its name.
pub(crate) fn has_image_extension(name: &str) -> bool {
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    IMAGE_ENDINGS.split(", ").any(|known| known.eq_ignore_ascii_case(ending))
}
