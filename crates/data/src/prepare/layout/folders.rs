//! Images in folders.

use std::path::Path;

use super::labels::ValidationLabels;
use super::{Class, class_number, is_image, missing};
use crate::prepare::error::PrepareError;
use crate::prepare::listing::{Container, Item, Listing};

/// Whether a folder holds a folder for each class: folders and, beside them, no image.
pub(super) fn has_class_folders(path: &Path) -> bool {
    let mut entries = entries(path).unwrap_or_default();
    entries.retain(|(name, _)| !name.starts_with('.'));
    let has_images = entries.iter().any(|(name, is_folder)| !is_folder && is_image(name));
    !has_images && entries.iter().any(|(_, is_folder)| *is_folder)
}

/// The images of a folder for each class, and the classes.
pub(super) fn by_class(
    path: &Path,
    ignored: &mut Vec<String>,
) -> Result<(Listing, Vec<String>), PrepareError> {
    let classes = class_folders(path)?;
    let mut listing = Listing::default();
    for (class, id) in (0..).zip(&classes) {
        add_folder(&mut listing, &path.join(id), class, ignored)?;
    }
    Ok((listing, classes))
}

/// The images of a folder for each of these classes and no other.
pub(super) fn by_known_class(
    path: &Path,
    classes: &[Class],
    ignored: &mut Vec<String>,
) -> Result<Listing, PrepareError> {
    let mut listing = Listing::default();
    for id in class_folders(path)? {
        let Some(class) = class_number(classes, &id) else {
            let path = path.display();
            let problem = format!(
                "{path} has it, but there are no training images of it: remove the folder there, or copy the training images"
            );
            return Err(PrepareError::Class { class: id, problem });
        };
        add_folder(&mut listing, &path.join(id), class, ignored)?;
    }
    Ok(listing)
}

/// The images of one folder, labelled by a list.
pub(super) fn flat(
    path: &Path,
    labels: &ValidationLabels,
    classes: &[Class],
    ignored: &mut Vec<String>,
) -> Result<Listing, PrepareError> {
    let names = images(path, ignored)?;
    if names.is_empty() {
        return Err(missing(path, "validation images (.JPEG)", "Copy the validation images there"));
    }
    let item = |(name, class)| Item { name, class, offset: 0, len: 0 };
    let items: Vec<Item> = std::iter::zip(&names, labels.of(&names, classes)?)
        .map(|(n, c)| item((n.clone(), c)))
        .collect();
    let mut listing = Listing::default();
    listing.add(Container::Folder(path.to_owned()), items)?;
    Ok(listing)
}

fn add_folder(
    listing: &mut Listing,
    folder: &Path,
    class: u32,
    ignored: &mut Vec<String>,
) -> Result<(), PrepareError> {
    let names = images(folder, ignored)?;
    let items = names.into_iter().map(|name| Item { name, class, offset: 0, len: 0 });
    listing.add(Container::Folder(folder.to_owned()), items)
}

/// The names of the class folders, sorted.
fn class_folders(path: &Path) -> Result<Vec<String>, PrepareError> {
    let mut folders = Vec::new();
    for (name, is_folder) in entries(path)? {
        if is_folder && !name.starts_with('.') {
            folders.push(name);
        }
    }
    folders.sort();
    if folders.is_empty() {
        return Err(missing(path, "class folders", "Put the images of each class into a folder"));
    }
    Ok(folders)
}

/// The names of a folder's images, sorted. Hidden files are passed over in silence.
fn images(folder: &Path, ignored: &mut Vec<String>) -> Result<Vec<String>, PrepareError> {
    let mut names = Vec::new();
    for (name, _) in entries(folder)? {
        if name.starts_with('.') {
            continue;
        }
        match is_image(&name) {
            true => names.push(name),
            false => ignored.push(folder.join(name).display().to_string()),
        }
    }
    names.sort();
    Ok(names)
}

/// Names in a folder, and whether each is a folder.
fn entries(folder: &Path) -> Result<Vec<(String, bool)>, PrepareError> {
    let failed = |error| PrepareError::io("list", folder)(error);
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let kind = entry.file_type().map_err(failed)?;
        // Only links cost a look at what they lead to.
        let is_folder = kind.is_dir() || kind.is_symlink() && entry.path().is_dir();
        let name = entry.file_name().into_string().map_err(|name| PrepareError::Labels {
            path: folder.to_owned(),
            problem: format!("the name {} is not UTF-8: rename it", name.display()),
        })?;
        entries.push((name, is_folder));
    }
    Ok(entries)
}
