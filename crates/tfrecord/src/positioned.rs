//! Reading at a position through a shared reference, from many threads.

use std::fs::File;
use std::io;

/// A file whose reads name their position.
#[derive(Debug)]
pub(crate) struct Positioned {
    #[cfg(unix)]
    file: File,
    /// Elsewhere a read moves the file's one cursor, so reads take turns.
    #[cfg(not(unix))]
    file: std::sync::Mutex<File>,
}

#[cfg(unix)]
impl Positioned {
    pub(crate) fn new(file: File) -> Self {
        Self { file }
    }

    pub(crate) fn into_inner(self) -> File {
        self.file
    }

    pub(crate) fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, out, offset)
    }
}

#[cfg(not(unix))]
impl Positioned {
    pub(crate) fn new(file: File) -> Self {
        Self { file: std::sync::Mutex::new(file) }
    }

    pub(crate) fn into_inner(self) -> File {
        self.file.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner)
    }

    pub(crate) fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        use std::io::{Read, Seek, SeekFrom};
        let mut file = self.file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        file.read_exact(out)
    }
}
