//! Images that lie as files.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::error::DatasetError;
use super::layout::folders;
use super::left_out::LeftOut;
use super::{DatasetOptions, GroupBy, Splits};
use crate::image_files::ImageFiles;
use crate::image_files::folder::{self, Unusable};
use crate::image_files::manifest::{Manifest, Wanted};
use crate::labels::Policies;
use crate::source::Source;
use crate::{shards, split_name};

/// A folder for each class.
pub(super) fn class_folders(
    root: &Path,
    options: &DatasetOptions,
    left_out: &mut Vec<LeftOut>,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let files = grouped(open_folder(root, options.cache.as_deref(), options, left_out)?, options);
    let classes = files.classes().to_vec();
    Ok((classes, vec![(split_name::ALL.to_owned(), Arc::new(files))]))
}

/// A folder for each split, in it one for each class; the training folder says which there are.
///
/// A folder of another name is a split if it has class folders: Kaggle's `test/` holds images without
/// labels.
pub(super) fn split_folders(
    root: &Path,
    options: &DatasetOptions,
    left_out: &mut Vec<LeftOut>,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let names = split_names(root)?;
    let mut classes: Option<Vec<String>> = None;
    let mut splits = Splits::new();
    for name in &names {
        let cache = options.cache.as_deref().map(|cache| with_suffix(cache, name));
        let files = open_folder(&root.join(name), cache.as_deref(), options, left_out)?;
        let files = grouped(files, options);
        let files = match &classes {
            Some(classes) => files.with_classes(classes)?,
            None => files,
        };
        classes.get_or_insert_with(|| files.classes().to_vec());
        splits.push((split_name::usual(name).to_owned(), Arc::new(files)));
    }
    Ok((classes.unwrap_or_default(), splits))
}

fn open_folder(
    root: &Path,
    cache: Option<&Path>,
    options: &DatasetOptions,
    left_out: &mut Vec<LeftOut>,
) -> Result<ImageFiles, DatasetError> {
    let mut unusable = Unusable::default();
    let files = folder::open(root, cache, options.leave_out.then_some(&mut unusable))?;
    let unread: Vec<LeftOut> = unusable.unread.iter().map(LeftOut::unread).collect();
    if files.is_empty() {
        let nested = unusable.empty.iter().position(|folder| folder.is_nested);
        if let Some(first) = unread.first() {
            return Err(DatasetError::content(&first.place, first.problem.clone()));
        } else if let Some(nested) = nested {
            return Err(unusable.empty.swap_remove(nested).into_error().into());
        }
    }
    left_out.extend(unusable.empty.iter().map(LeftOut::class_folder));
    left_out.extend(unread);
    Ok(files)
}

/// The names of the folders that are splits, the training folder first.
fn split_names(root: &Path) -> Result<Vec<String>, DatasetError> {
    let mut names = Vec::new();
    for name in folders(&shards::entries(root)?) {
        let expected = matches!(split_name::usual(name), "train" | "validation");
        if expected || folders(&shards::entries(&root.join(name))?).next().is_some() {
            names.push(name.to_owned());
        }
    }
    names.sort_by(|a, b| split_name::compare(split_name::usual(a), split_name::usual(b)));
    Ok(names)
}

/// `listing` with the suffix `train` is `listing-train`.
fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push("-");
    name.push(suffix);
    PathBuf::from(name)
}

/// The files in the groups that their names tell, if that is asked for.
fn grouped(files: ImageFiles, options: &DatasetOptions) -> ImageFiles {
    match options.group {
        Some(GroupBy::NameUntil(end)) => files.grouped_by_name(end),
        _ => files,
    }
}

/// A CSV or TSV file.
pub(super) fn manifest(
    path: &Path,
    options: &DatasetOptions,
    left_out: &mut Vec<LeftOut>,
) -> Result<(Vec<String>, Splits), DatasetError> {
    let group = match &options.group {
        Some(GroupBy::Column(name)) => Some(name.as_str()),
        _ => None,
    };
    let read = if options.leave_out { Manifest::read_good_lines } else { Manifest::read };
    let policies = Policies { uncertain: options.uncertain, unmentioned: options.unmentioned };
    let (further, labels) = (&options.columns[..], &options.labels[..]);
    let manifest = read(path, &Wanted { group, further, labels, policies })?;
    left_out.extend(manifest.bad().iter().map(|bad| LeftOut::line(path, bad)));
    let mut splits = Splits::new();
    for name in manifest.splits() {
        let files = grouped(manifest.images(Some(name))?, options);
        splits.push((split_name::usual(name).to_owned(), Arc::new(files)));
    }
    if splits.is_empty() {
        splits
            .push((split_name::ALL.to_owned(), Arc::new(grouped(manifest.images(None)?, options))));
    }
    Ok((manifest.classes().to_vec(), splits))
}
