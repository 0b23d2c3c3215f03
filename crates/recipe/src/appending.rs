//! Files of lines to which a run appends over all its sessions.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

/// Opens `path` for appending and reading, making it if it is missing.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).read(true).append(true).open(path)
}

/// Cuts off half a line at the end of `file`, from a disk that was full, and returns the length then.
pub(crate) fn cut_half_line(file: &mut File) -> io::Result<u64> {
    let (mut end, mut last) = (file.metadata()?.len(), [0]);
    while end > 0 {
        file.seek(SeekFrom::Start(end - 1))?;
        file.read_exact(&mut last)?;
        if last == *b"\n" {
            break;
        }
        end -= 1;
    }
    file.set_len(end)?;
    Ok(end)
}
