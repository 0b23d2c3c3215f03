//! Tar files, read in place: the members are found once, then read at their offsets by any thread.

mod walk;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::error::PrepareError;
use walk::Walk;

/// An open tar file, shared by threads.
///
/// A tar file has no table of contents: finding the members means reading a header before each. For
/// the 1,281,167 images of the training archive that is 650 MB in as many pieces, once a run.
#[derive(Debug)]
pub(super) struct Archive {
    path: PathBuf,
    content: Content,
    len: u64,
}

#[derive(Debug)]
enum Content {
    #[cfg(unix)]
    File(File),
    /// Elsewhere a read moves the file's one cursor, so reads take turns.
    #[cfg(not(unix))]
    File(std::sync::Mutex<File>),
    Memory(Vec<u8>),
}

/// A regular file in an archive.
#[derive(Clone, Debug)]
pub(super) struct Member {
    pub(super) name: String,
    pub(super) offset: u64,
    pub(super) len: u64,
}

impl Archive {
    pub(super) fn open(path: &Path) -> Result<Self, PrepareError> {
        let file = File::open(path).map_err(PrepareError::io("open", path))?;
        let len = file.metadata().map_err(PrepareError::io("open", path))?.len();
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Self { path: path.to_owned(), content: Content::File(file), len })
    }

    /// A small archive that was unpacked into memory; `path` is for messages.
    pub(super) fn in_memory(path: &Path, content: Vec<u8>) -> Self {
        let len = content.len() as u64;
        Self { path: path.to_owned(), content: Content::Memory(content), len }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
        match &self.content {
            #[cfg(unix)]
            Content::File(file) => std::os::unix::fs::FileExt::read_exact_at(file, out, offset),
            #[cfg(not(unix))]
            Content::File(file) => {
                use std::io::{Read, Seek, SeekFrom};
                let mut file = file.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
                file.seek(SeekFrom::Start(offset))?;
                file.read_exact(out)
            }
            Content::Memory(content) => {
                let start = usize::try_from(offset).unwrap_or(usize::MAX);
                let part = content.get(start..).and_then(|rest| rest.get(..out.len()));
                out.copy_from_slice(part.ok_or(io::ErrorKind::UnexpectedEof)?);
                Ok(())
            }
        }
    }

    /// The regular files of the whole archive.
    pub(super) fn members(&self) -> Result<Vec<Member>, PrepareError> {
        self.members_of(0, self.len)
    }

    /// The regular files of the archive that `member` is.
    pub(super) fn members_within(&self, member: &Member) -> Result<Vec<Member>, PrepareError> {
        self.members_of(member.offset, member.offset + member.len)
    }

    fn members_of(&self, start: u64, end: u64) -> Result<Vec<Member>, PrepareError> {
        let mut walk = Walk::new(self, start, end);
        let mut members = Vec::new();
        while let Some(member) = walk.next()? {
            members.push(member);
        }
        members.sort_by(|a, b| a.name.cmp(&b.name));
        match members.windows(2).find(|pair| pair[0].name == pair[1].name) {
            Some(pair) => {
                Err(self.damaged(pair[1].offset, format!("{} is there twice", pair[1].name)))
            }
            None => Ok(members),
        }
    }

    /// The content of a small member.
    pub(super) fn read(&self, member: &Member) -> Result<Vec<u8>, PrepareError> {
        let mut content = vec![0; usize::try_from(member.len).unwrap_or(usize::MAX)];
        let read = self.read_exact_at(&mut content, member.offset);
        read.map_err(PrepareError::io("read", &self.path))?;
        Ok(content)
    }

    fn damaged(&self, offset: u64, problem: impl Into<String>) -> PrepareError {
        PrepareError::Archive { path: self.path.clone(), offset, problem: problem.into() }
    }
}
