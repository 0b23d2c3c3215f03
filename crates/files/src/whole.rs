//! Writing beside, flushing, renaming.

use std::ffi::OsString;
use std::fs::{self, File};
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io::{self, Write};
use std::path::Path;

/// Puts `bytes` at `path` in one step: a reader sees the old file or the new one, never a part.
///
/// # Errors
/// The file system's, for instance if the folder is missing or full; nothing is left behind then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_by_way_of(folder_of(path), path, bytes)
}

/// As [`replace`], where the file grows in `folder`, which is on the same disk, under a name that ends in `.part`.
///
/// # Errors
/// As [`replace`].
pub fn replace_by_way_of(folder: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let part = folder.join(part_name(path));
    let written = write_synced(&part, bytes).and_then(|()| fs::rename(&part, path));
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(&part));
    }
    written?;
    sync_folder(folder_of(path))
}

/// Makes the names in `folder` survive a crash of the machine; systems that open no folders do so by themselves.
///
/// # Errors
/// The file system's.
pub fn sync_folder(folder: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(folder)?.sync_all() } else { Ok(()) }
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// A name that no other process and no other thread takes, also of another machine that sees the folder.
fn part_name(path: &Path) -> OsString {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{:016x}.part", RandomState::new().build_hasher().finish()));
    name
}

fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_replaced_whole_and_what_fails_leaves_nothing_behind() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        replace(&path, b"old").expect("written");
        replace(&path, b"new").expect("written again");
        assert_eq!(fs::read(&path).expect("the file"), b"new");
        // A folder that is not empty cannot be replaced by a file.
        fs::create_dir_all(folder.path().join("taken/by")).expect("a folder");
        replace(&folder.path().join("taken"), b"new").expect_err("taken");
        assert_eq!(fs::read_dir(folder.path()).expect("entries").count(), 2, "`list` and `taken`");
    }

    #[test]
    fn threads_that_write_one_file_leave_that_of_one() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("list");
        let contents: Vec<Vec<u8>> = (0..8).map(|n| vec![n; 100_000]).collect();
        std::thread::scope(|scope| {
            for content in &contents {
                scope.spawn(|| replace(&path, content).expect("written"));
            }
        });
        assert!(contents.contains(&fs::read(&path).expect("the file")));
        assert_eq!(fs::read_dir(folder.path()).expect("entries").count(), 1);
    }

    #[test]
    fn an_error_is_the_systems_own() {
        let error = replace(Path::new("/no/such/folder/list"), b"").expect_err("no folder");
        let system = fs::read("/no/such/folder/list").expect_err("no folder");
        assert_eq!(error.to_string(), system.to_string());
    }

    #[cfg(unix)]
    #[test]
    fn a_file_is_as_readable_as_any_new_one() {
        use std::os::unix::fs::PermissionsExt;

        let folder = tempfile::tempdir().expect("a folder");
        let (ours, other) = (folder.path().join("ours"), folder.path().join("other"));
        replace(&ours, b"").expect("written");
        fs::write(&other, b"").expect("written");
        let [ours, other] = [ours, other].map(|path| fs::metadata(path).expect("a file"));
        assert_eq!(ours.permissions().mode(), other.permissions().mode());
    }
}
