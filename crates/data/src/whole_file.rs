//! Files that are there whole or not at all, also after the machine went down.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

/// Writes a file by way of one beside it, which is removed again if that fails.
pub(crate) fn write(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.part", std::process::id()));
    write_by_way_of(&path.with_file_name(name), path, bytes)
}

/// Writes a file by way of another one on the same disk.
pub(crate) fn write_by_way_of(part: &Path, path: &Path, bytes: &[u8]) -> io::Result<()> {
    let written = write_synced(part, bytes).and_then(|()| fs::rename(part, path));
    if written.is_err() {
        // The first error is the one to tell.
        drop(fs::remove_file(part));
    }
    written?;
    sync_folder(path.parent().unwrap_or(Path::new("")))
}

fn write_synced(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes a new name in a folder survive a crash of the machine.
pub(crate) fn sync_folder(folder: &Path) -> io::Result<()> {
    // Windows writes names through and opens no folders.
    if cfg!(unix) {
        let here = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
        File::open(here)?.sync_all()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::write;

    #[test]
    fn what_cannot_have_its_name_leaves_nothing_behind() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("list");
        write(&path, b"old").unwrap();
        write(&path, b"new").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"new");
        // A folder that is not empty cannot be replaced by a file.
        fs::create_dir_all(folder.path().join("taken/by")).unwrap();
        assert!(write(&folder.path().join("taken"), b"new").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "only `list` and `taken`");
    }
}
