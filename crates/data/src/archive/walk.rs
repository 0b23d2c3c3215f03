//! The members of a tar file, found by its headers alone.

use tar::{EntryType, Header};

use super::{Archive, ArchiveError, Member};

/// Bytes of a header; contents are padded to whole blocks.
const BLOCK: u64 = 512;

/// Longest name or extended header that is read into memory.
const MAX_EXTENSION: u64 = 1 << 20;

/// Goes from header to header.
///
/// Source: POSIX.1-2017, pax, "ustar Interchange Format" and "pax Extended Header"; GNU tar manual,
/// "Basic Tar Format" for long names. The `tar` crate reads the fields; the walk is our own for the
/// byte offsets in messages, and because an archive without its end mark has been cut short.
pub(super) struct Walk<'a> {
    archive: &'a Archive,
    at: u64,
    end: u64,
    /// A name that an extension gave to the next member.
    long_name: Option<Vec<u8>>,
}

impl<'a> Walk<'a> {
    /// Over the archive that lies between these bytes.
    pub(super) fn new(archive: &'a Archive, start: u64, end: u64) -> Self {
        Self { archive, at: start, end, long_name: None }
    }

    pub(super) fn next(&mut self) -> Result<Option<Member>, ArchiveError> {
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

    fn block(&self) -> Result<[u8; BLOCK as usize], ArchiveError> {
        let mut block = [0; BLOCK as usize];
        if self.at + BLOCK > self.end {
            let problem = "the archive is cut short: there is no end mark";
            return Err(self.archive.damaged(self.at, problem));
        }
        let read = self.archive.read_exact_at(&mut block, self.at);
        read.map_err(ArchiveError::io("read", &self.archive.path))?;
        Ok(block)
    }

    /// Checks the header's own sum, in which its field counts as spaces.
    fn check_sum(&self, header: &Header, block: &[u8]) -> Result<(), ArchiveError> {
        let plain = |bytes: &[u8]| bytes.iter().map(|&byte| u32::from(byte)).sum::<u32>();
        let sum = plain(&block[..148]) + 8 * u32::from(b' ') + plain(&block[156..]);
        if header.cksum().ok() != Some(sum) {
            return Err(self.archive.damaged(self.at, "no tar header, or a damaged one"));
        }
        Ok(())
    }

    /// Where the content lies; moves on to the next header.
    fn content(&mut self, header: &Header) -> Result<(u64, u64), ArchiveError> {
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

    fn extension(&mut self, kind: EntryType, offset: u64, len: u64) -> Result<(), ArchiveError> {
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
