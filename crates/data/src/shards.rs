//! Which files of a data folder are the shards of a split.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::error::{DataError, list_for_message};
use crate::shard_name::{parse, prefix};
use crate::split_name;

/// The part of a data set that is loaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Shards `train-00000-of-NNNNN` and so on.
    Train,
    /// Shards `validation-00000-of-NNNNN` and so on.
    Validation,
}

impl Split {
    /// The first word of the shards' file names, and the name of the sub-folder that may hold them.
    pub fn prefix(self) -> &'static str {
        match self {
            Self::Train => "train",
            Self::Validation => "validation",
        }
    }
}

/// A shard's number, the size of its set, and its path.
type Shard = (usize, usize, PathBuf);

/// The complete set of shards `PREFIX-NNNNN-of-NNNNN`, in shard order.
///
/// `imagenet_to_gcs.py` leaves them in `train/` and `validation/`, the program it was written for
/// wants them flat in one folder: both are found.
pub(crate) fn find(data_dir: &Path, prefix: &str) -> Result<Vec<PathBuf>, DataError> {
    if !data_dir.is_dir() {
        return Err(DataError::FolderMissing { path: data_dir.to_owned() });
    }
    let mut names = entries(data_dir)?;
    let mut shards = matching(data_dir, &names, prefix);
    let below = data_dir.join(prefix);
    if below.is_dir() {
        let inner = entries(&below)?;
        shards.extend(matching(&below, &inner, prefix));
        names.retain(|name| name != &format!("{prefix}/"));
        names.extend(inner.iter().map(|name| format!("{prefix}/{name}")));
    }
    shards.sort();
    if shards.is_empty() {
        let (path, prefix) = (data_dir.to_owned(), prefix.to_owned());
        return Err(DataError::NoShards { path, prefix, found: list_for_message(names) });
    }
    complete(shards, prefix)
}

/// The prefixes of the shards in a folder, whose entries are `names`: of those flat in it and, for
/// the usual names of splits, of those in a folder of the split.
pub(crate) fn prefixes(data_dir: &Path, names: &[String]) -> Result<BTreeSet<String>, DataError> {
    let flat = names.iter().filter_map(|name| prefix(name).map(str::to_owned));
    let mut found: BTreeSet<String> = flat.collect();
    for folder in names.iter().filter_map(|name| name.strip_suffix('/')) {
        if split_name::is_known(folder) {
            let inner = entries(&data_dir.join(folder))?;
            let of_folder = |name: &String| prefix(name).is_some_and(|prefix| prefix == folder);
            found.extend(inner.iter().any(of_folder).then(|| folder.to_owned()));
        }
    }
    Ok(found)
}

/// Names of a folder's entries; folders end in `/`.
pub(crate) fn entries(folder: &Path) -> Result<Vec<String>, DataError> {
    let failed = |source| DataError::Io { path: folder.to_owned(), source };
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let mut name = entry.file_name().to_string_lossy().into_owned();
        // Without a look at the file: that takes a while with a million of them.
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() || (kind.is_symlink() && entry.path().is_dir()) {
            name.push('/');
        }
        names.push(name);
    }
    Ok(names)
}

fn matching(folder: &Path, names: &[String], prefix: &str) -> Vec<Shard> {
    let shard = |name: &String| {
        let (found, number, total) = parse(name)?;
        (found == prefix).then(|| (number, total, folder.join(name)))
    };
    names.iter().filter_map(shard).collect()
}

/// Checks that sorted shards are 0 to N-1 of one set of N.
fn complete(shards: Vec<Shard>, prefix: &str) -> Result<Vec<PathBuf>, DataError> {
    let (_, total, ref first) = shards[0];
    let other = |pair: &&[Shard]| pair[0].0 == pair[1].0 || pair[0].1 != pair[1].1;
    if let Some(pair) = shards.windows(2).find(other) {
        let (first, second) = (pair[0].2.clone(), pair[1].2.clone());
        return Err(DataError::SeveralSets { first, second });
    }
    // A number beyond the set cannot come from a writer that names its shards -of-N.
    if let Some(beyond) = shards.iter().find(|shard| shard.0 >= total) {
        return Err(DataError::SeveralSets { first: first.clone(), second: beyond.2.clone() });
    }
    let present = |number| shards.binary_search_by_key(&number, |shard| shard.0).is_ok();
    if let Some(absent) = (0..total).find(|&number| !present(number)) {
        let path = first.with_file_name(format!("{prefix}-{absent:05}-of-{total:05}"));
        let missing = total - shards.len();
        return Err(DataError::ShardMissing { path, missing, total });
    }
    Ok(shards.into_iter().map(|(_, _, path)| path).collect())
}
