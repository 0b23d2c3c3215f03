//! What the splits of a data set are called.

use std::cmp::Ordering;

/// The split of a data set that has only one.
pub(crate) const ALL: &str = "all";

/// The usual names, in the order in which they are listed.
const ORDER: [&str; 3] = ["train", "validation", "test"];

/// One name for a split, of which several are in use.
pub(crate) fn usual(name: &str) -> &str {
    match name {
        "val" | "valid" => "validation",
        other => other,
    }
}

/// Whether this word can only mean a split.
pub(crate) fn is_known(word: &str) -> bool {
    ORDER.contains(&usual(word))
}

/// Whether a network learns from the images of this split.
pub(crate) fn is_trained_on(name: &str) -> bool {
    matches!(name, "train" | ALL)
}

/// Training before validation before test before others by name.
pub(crate) fn compare(a: &str, b: &str) -> Ordering {
    let rank = |name| ORDER.iter().position(|&known| known == name).unwrap_or(ORDER.len());
    rank(a).cmp(&rank(b)).then_with(|| a.cmp(b))
}

/// The split that a file of a folder belongs to, from its name below that folder: that of its
/// sub-folder, else the word before `-NNNNN-of-NNNNN`, else a usual name within its own.
pub(crate) fn of_file(name: &str) -> &str {
    let (folder, file) = name.rsplit_once('/').unwrap_or(("", name));
    let folder = folder.rsplit('/').next().unwrap_or_default();
    if is_known(folder) {
        return usual(folder);
    }
    let stem = file.split('.').next().unwrap_or_default();
    if let Some(prefix) = crate::shard_name::prefix(stem) {
        return usual(prefix.rsplit('-').next().unwrap_or(prefix));
    }
    stem.split(['-', '_']).find(|word| is_known(word)).map_or(ALL, usual)
}

#[cfg(test)]
mod tests {
    use super::{ALL, compare, of_file};

    #[test]
    fn the_split_of_a_file_is_found_in_its_name() {
        for (name, split) in [
            ("train-0000.tar", "train"),
            ("imagenet-val-0000.tar", "validation"),
            ("imagenet1k_validation_01.tar", "validation"),
            ("valid/0000.tar", "validation"),
            ("data/test-00000-of-00002.parquet", "test"),
            ("data/unlabelled-00000-of-00001.parquet", "unlabelled"),
            ("0000.tar", ALL),
            ("training.tar", ALL),
        ] {
            assert_eq!(of_file(name), split, "{name}");
        }
    }

    #[test]
    fn training_comes_first_and_unknown_names_last() {
        let mut names = ["test", "b", "validation", "a", "train"];
        names.sort_by(|a, b| compare(a, b));
        assert_eq!(names, ["train", "validation", "test", "a", "b"]);
    }
}
