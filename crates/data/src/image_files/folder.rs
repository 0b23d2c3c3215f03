//! A folder for each class.

use std::collections::BTreeMap;
use std::fs::DirEntry;
use std::path::{Path, PathBuf};

use super::cache::Cache;
use super::{ImageFiles, ImageFilesError};

/// What lies in class folders and is no image that is read.
#[derive(Default)]
pub(crate) struct Unusable {
    /// Class folders without an image.
    pub(crate) empty: Vec<Empty>,
    /// Files that may be meant for images.
    pub(crate) unread: Vec<Unread>,
}

/// A class folder without an image.
pub(crate) struct Empty {
    pub(crate) path: PathBuf,
    /// Whether it holds folders: it may be a data set itself.
    pub(crate) is_nested: bool,
}

impl Empty {
    fn at(path: PathBuf) -> Result<Self, ImageFilesError> {
        let is_nested = !names(&path, is_folder)?.is_empty();
        Ok(Self { path, is_nested })
    }

    pub(crate) fn into_error(self) -> ImageFilesError {
        let Self { path, is_nested } = self;
        if is_nested {
            ImageFilesError::Nested { path }
        } else {
            ImageFilesError::EmptyClass { path }
        }
    }
}

/// Files of a class folder that may be meant for images, of one kind.
pub(crate) struct Unread {
    pub(crate) folder: PathBuf,
    /// In small letters; empty if they have none.
    pub(crate) extension: String,
    /// The first of them.
    pub(crate) name: String,
    pub(crate) files: usize,
}

/// The images below `root`. A class without an image is an error, or is told in `unusable` and stays a
/// class; what else may be meant for images is told there, too.
pub(crate) fn open(
    root: &Path,
    cache: Option<&Path>,
    mut unusable: Option<&mut Unusable>,
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
        match &mut unusable {
            Some(unusable) => {
                unusable.unread.extend(unread(&path)?);
                if names.is_empty() {
                    unusable.empty.push(Empty::at(path)?);
                }
            }
            None if names.is_empty() => return Err(Empty::at(path)?.into_error()),
            None => {}
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

/// In small letters; empty if there is none.
fn extension(name: &str) -> String {
    name.rsplit_once('.').map_or_else(String::new, |(_, extension)| extension.to_ascii_lowercase())
}

/// Images of other kinds; scanners often write DICOM files without an extension.
const MAYBE_IMAGES: [&str; 15] = [
    "", "dcm", "dicom", "ima", "gif", "webp", "heic", "heif", "avif", "jp2", "j2k", "jxl", "pgm",
    "ppm", "nii",
];

/// The files of a class folder that may be meant for images and are not read, by their extensions.
fn unread(folder: &Path) -> Result<Vec<Unread>, ImageFilesError> {
    let maybe: fn(&DirEntry, &str) -> bool = |entry, name| {
        let may_be = !has_image_extension(name) && MAYBE_IMAGES.contains(&extension(name).as_str());
        may_be && entry.file_type().is_ok_and(|kind| kind.is_file())
    };
    let mut kinds: BTreeMap<String, Unread> = BTreeMap::new();
    for name in names(folder, maybe)? {
        let extension = extension(&name);
        let kind = kinds.entry(extension.clone());
        let folder = folder.to_owned();
        kind.or_insert(Unread { folder, extension, name, files: 0 }).files += 1;
    }
    Ok(kinds.into_values().collect())
}
