//! Tar files, read in place: the members are found once, then read at their offsets by any thread.

mod walk;

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use walk::Walk;

/// What can be wrong with a tar file. The callers' errors add the remedy.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ArchiveError {
    /// The operating system refused it.
    #[error("cannot {action} {}: {source}", path.display())]
    Io { action: &'static str, path: PathBuf, source: io::Error },
    /// It is no intact tar file.
    #[error("{}: at byte {offset}: {problem}", path.display())]
    Damaged { path: PathBuf, offset: u64, problem: String },
}

impl ArchiveError {
    /// For `map_err`: an I/O error of `action` on `path`.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::Io { action, path, source }
    }
}

/// An open tar file, shared by threads.
///
/// A tar file has no table of contents: finding the members means reading a header before each. For
/// the 1,281,167 images of the training archive that is 650 MB in as many pieces, once a run.
#[derive(Debug)]
pub(crate) struct Archive {
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
pub(crate) struct Member {
    pub(crate) name: String,
    pub(crate) offset: u64,
    pub(crate) len: u64,
}

impl Archive {
    pub(crate) fn open(path: &Path) -> Result<Self, ArchiveError> {
        let file = File::open(path).map_err(ArchiveError::io("open", path))?;
        let len = file.metadata().map_err(ArchiveError::io("open", path))?.len();
        #[cfg(not(unix))]
        let file = std::sync::Mutex::new(file);
        Ok(Self { path: path.to_owned(), content: Content::File(file), len })
    }

    /// A small archive that was unpacked into memory; `path` is for messages.
    pub(crate) fn in_memory(path: &Path, content: Vec<u8>) -> Self {
        let len = content.len() as u64;
        Self { path: path.to_owned(), content: Content::Memory(content), len }
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn read_exact_at(&self, out: &mut [u8], offset: u64) -> io::Result<()> {
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
    pub(crate) fn members(&self) -> Result<Vec<Member>, ArchiveError> {
        self.members_of(0, self.len)
    }

    /// The regular files of the archive that `member` is.
    pub(crate) fn members_within(&self, member: &Member) -> Result<Vec<Member>, ArchiveError> {
        self.members_of(member.offset, member.offset + member.len)
    }

    fn members_of(&self, start: u64, end: u64) -> Result<Vec<Member>, ArchiveError> {
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
    pub(crate) fn read(&self, member: &Member) -> Result<Vec<u8>, ArchiveError> {
        let mut content = vec![0; usize::try_from(member.len).unwrap_or(usize::MAX)];
        let read = self.read_exact_at(&mut content, member.offset);
        read.map_err(ArchiveError::io("read", &self.path))?;
        Ok(content)
    }

    fn damaged(&self, offset: u64, problem: impl Into<String>) -> ArchiveError {
        ArchiveError::Damaged { path: self.path.clone(), offset, problem: problem.into() }
    }
}
