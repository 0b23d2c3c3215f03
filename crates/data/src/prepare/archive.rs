//! Tar files, read in place: the members are found once, then read at their offsets by any thread.

use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use md5::{Digest, Md5};
use tar::{EntryType, Header};

use super::error::PrepareError;

/// Bytes of a header; contents are padded to whole blocks.
const BLOCK: u64 = 512;

/// Longest name or extended header that is read into memory.
const MAX_EXTENSION: u64 = 1 << 20;

/// An open tar file, shared by threads.
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
        let mut walk = Walk { archive: self, at: start, end, long_name: None };
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

/// Goes from header to header.
struct Walk<'a> {
    archive: &'a Archive,
    at: u64,
    end: u64,
    /// A name that an extension gave to the next member.
    long_name: Option<Vec<u8>>,
}

impl Walk<'_> {
    fn next(&mut self) -> Result<Option<Member>, PrepareError> {
        loop {
            let at = self.at;
            let block = self.block()?;
            if block.iter().all(|&byte| byte == 0) {
                return Ok(None);
            }
            let header = Header::from_byte_slice(&block);
            self.check_sum(header, &block)?;
            let (kind, (offset, len)) = (header.entry_type(), self.content(header)?);
            if kind.is_gnu_longname() || kind.is_pax_local_extensions() {
                self.extension(kind, offset, len)?;
            } else if matches!(kind, EntryType::Regular | EntryType::Continuous) {
                let name = self.long_name.take();
                let name = name.unwrap_or_else(|| header.path_bytes().into_owned());
                let name = inside(name).map_err(|problem| self.archive.damaged(at, problem))?;
                return Ok(Some(Member { name, offset, len }));
            } else if !kind.is_dir() && !kind.is_pax_global_extensions() {
                return Err(self.archive.damaged(at, format!("a member of kind {kind:?}")));
            }
        }
    }

    fn block(&self) -> Result<[u8; BLOCK as usize], PrepareError> {
        let mut block = [0; BLOCK as usize];
        if self.at + BLOCK > self.end {
            let problem = "the archive is cut short: there is no end mark";
            return Err(self.archive.damaged(self.at, problem));
        }
        let read = self.archive.read_exact_at(&mut block, self.at);
        read.map_err(PrepareError::io("read", &self.archive.path))?;
        Ok(block)
    }

    /// Checks the header's own sum, in which its field counts as spaces.
    fn check_sum(&self, header: &Header, block: &[u8]) -> Result<(), PrepareError> {
        let plain = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        let sum = plain(&block[..148]) + 8 * u32::from(b' ') + plain(&block[156..]);
        if header.cksum().ok() != Some(sum) {
            return Err(self.archive.damaged(self.at, "no tar header, or a damaged one"));
        }
        Ok(())
    }

    /// Where the content lies; moves on to the next header.
    fn content(&mut self, header: &Header) -> Result<(u64, u64), PrepareError> {
        let (at, offset) = (self.at, self.at + BLOCK);
        let len = header.entry_size().map_err(|error| {
            self.archive.damaged(at, format!("a damaged length in a tar header ({error})"))
        })?;
        let next = len.checked_next_multiple_of(BLOCK).and_then(|len| offset.checked_add(len));
        self.at = match next {
            Some(next) if offset + len <= self.end => next,
            _ => {
                let name = String::from_utf8_lossy(&header.path_bytes()).into_owned();
                let problem = format!("member {name} of {len} bytes reaches beyond the end");
                return Err(self.archive.damaged(at, problem));
            }
        };
        Ok((offset, len))
    }

    fn extension(&mut self, kind: EntryType, offset: u64, len: u64) -> Result<(), PrepareError> {
        if len > MAX_EXTENSION {
            return Err(self.archive.damaged(offset, "an extended header of more than 1 MiB"));
        }
        let content = self.archive.read(&Member { name: String::new(), offset, len })?;
        if kind.is_gnu_longname() {
            let name = content.split(|&byte| byte == 0).next().unwrap_or_default();
            self.long_name = Some(name.to_vec());
        } else if let Some(name) = pax_path(&content) {
            self.long_name = Some(name.to_vec());
        }
        Ok(())
    }
}

/// The `path` record of a pax header, whose records are `LENGTH KEY=VALUE\n`.
fn pax_path(mut records: &[u8]) -> Option<&[u8]> {
    let mut path = None;
    while let Some(space) = records.iter().position(|&byte| byte == b' ') {
        let len: usize = std::str::from_utf8(&records[..space]).ok()?.parse().ok()?;
        let record = records.get(space + 1..len.checked_sub(1)?)?;
        path = record.strip_prefix(b"path=").or(path);
        records = records.get(len..)?;
    }
    path
}

/// A name that stays within the folder it would be unpacked to. Nothing is unpacked here, but such a
/// name is a sign that the archive is not what it should be.
fn inside(name: Vec<u8>) -> Result<String, String> {
    let name = String::from_utf8(name).map_err(|_other| "a name that is not UTF-8".to_owned())?;
    let outside = name.starts_with('/') || name.split(['/', '\\']).any(|part| part == "..");
    if outside {
        return Err(format!("the member {name:?} lies outside the archive's folder"));
    }
    Ok(name.trim_start_matches("./").to_owned())
}

/// The MD5 sum of a file in hexadecimal; `progress` is told the bytes of each piece.
pub(super) fn md5_of(
    path: &Path,
    mut progress: impl FnMut(u64) -> Result<(), PrepareError>,
) -> Result<String, PrepareError> {
    let mut file = File::open(path).map_err(PrepareError::io("open", path))?;
    let (mut sum, mut piece) = (Md5::new(), vec![0; 1 << 20]);
    loop {
        let len = io::Read::read(&mut file, &mut piece).map_err(PrepareError::io("read", path))?;
        if len == 0 {
            return Ok(hex(&sum.finalize()));
        }
        sum.update(&piece[..len]);
        progress(len as u64)?;
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut text = String::with_capacity(2 * bytes.len());
    for byte in bytes {
        write!(text, "{byte:02x}").expect("a String takes any text");
    }
    text
}

/// Unpacks gzip into memory, up to a limit.
pub(super) fn gunzip(path: &Path, limit: u64) -> Result<Vec<u8>, PrepareError> {
    let file = File::open(path).map_err(PrepareError::io("open", path))?;
    let mut packed = io::Read::take(flate2::read::MultiGzDecoder::new(file), limit);
    let mut content = Vec::new();
    let copied = io::copy(&mut packed, &mut content).map_err(PrepareError::io("unpack", path))?;
    content.flush().map_err(PrepareError::io("unpack", path))?;
    if copied == limit {
        let problem = format!("more than {limit} bytes when unpacked");
        return Err(PrepareError::Archive { path: path.to_owned(), offset: 0, problem });
    }
    Ok(content)
}

#[cfg(test)]
mod tests {
    use super::md5_of;

    #[test]
    fn md5_is_that_of_rfc_1321() {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), "message digest").unwrap();
        let mut bytes = 0;
        let sum = md5_of(file.path(), |len| {
            bytes += len;
            Ok(())
        });
        assert_eq!(sum.unwrap(), "f96b697d7cb7938d525a2f31aaf161d0");
        assert_eq!(bytes, 14);
    }
}
