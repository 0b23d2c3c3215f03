//! Files that do not decode, out of the way.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use resnet::data::inspect::{Bad, Report};
use resnet::data::{Dataset, lies_in};

/// A file that was moved.
pub(crate) struct Moved {
    pub(crate) from: PathBuf,
    pub(crate) to: PathBuf,
}

/// Moves files that could be read but do not decode to `folder`, where they keep their paths below
/// the data set. What cannot even be read may be whole, and stays.
///
/// Every name is looked at before the first file is moved.
pub(crate) fn move_bad(
    dataset: &Dataset,
    report: &Report,
    root: &Path,
    folder: &Path,
) -> Result<Vec<Moved>> {
    let root = if root.is_dir() { root } else { root.parent().unwrap_or(Path::new("")) };
    let undecodable = report.bad().filter(|bad| bad.image.label.is_some());
    let planned: Vec<Moved> = undecodable
        .map(|bad| {
            let from = file(dataset, bad)?;
            let to = folder.join(from.strip_prefix(root)?);
            ensure!(!to.exists(), "{} exists; nothing is overwritten", to.display());
            Ok(Moved { from, to })
        })
        .collect::<Result<_>>()?;
    planned.iter().try_for_each(relocate)?;
    Ok(planned)
}

/// Refuses a folder that would be a class or a split of the data set.
pub(crate) fn check_apart(dataset: &Dataset, folder: &Path) -> Result<()> {
    ensure!(
        !(lies_in(folder, dataset.root()) && dataset.layout().has_named_folders()),
        "{} lies among the images, whose folders are classes or splits: choose another --quarantine",
        folder.display()
    );
    Ok(())
}

fn file(dataset: &Dataset, bad: &Bad) -> Result<PathBuf> {
    let source = dataset.split(&bad.image.split);
    match source.and_then(|source| source.file(bad.image.index)) {
        Some(file) => Ok(file),
        None => bail!(
            "{}: {}. The image shares its file with others and cannot be moved: prepare the data \
             set again without it (docs/data.md), or, if the shard is damaged, save the whole \
             records with `tfrecord repair`",
            bad.image.place,
            bad.reason
        ),
    }
}

fn relocate(Moved { from, to }: &Moved) -> Result<()> {
    let moving = || format!("cannot move {} to {}", from.display(), to.display());
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).with_context(moving)?;
    }
    match std::fs::rename(from, to) {
        Err(error) if error.kind() == std::io::ErrorKind::CrossesDevices => {
            std::fs::copy(from, to).with_context(moving)?;
            std::fs::remove_file(from).with_context(moving)
        }
        moved => moved.with_context(moving),
    }
}
