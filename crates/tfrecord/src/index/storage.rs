//! The index as a file of its own.
//!
//! Little-endian: magic (8 bytes), length of the indexed file (u64), its modification time in
//! nanoseconds since 1970 (i64), number of records (u64), the offset after each record's frame
//! (u64 each), masked CRC-32C of all before (u32).

use std::fs::{self, File};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::{RecordIndex, Stamp};
use crate::error::ErrorKind;
use crate::{Error, Result, frame};

const MAGIC: [u8; 8] = *b"TFRIDX\x00\x01";
const HEAD_LEN: usize = 32;
const TAIL_LEN: usize = 4;

impl RecordIndex {
    /// Writes the index to `path`, replacing what is there; a reader sees the old or the new
    /// index, never half of one.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::{IndexedFile, RecordIndex};
    ///
    /// let index = RecordIndex::build(&shard)?;
    /// index.save(RecordIndex::path_for(&shard))?;
    /// assert_eq!(IndexedFile::open(&shard)?.index(), &index); // the saved one, as it is fresh
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be written or renamed.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<()> {
        let path = path.as_ref();
        write_whole(path, &self.to_bytes()).map_err(|error| Error::from(error).with_path(path))
    }

    /// Reads an index. Ask [`verify`](Self::verify) whether it still belongs to its file.
    ///
    /// ```
    /// # let dir = tempfile::tempdir()?;
    /// # let shard = dir.path().join("shard");
    /// # let mut writer = tfrecord_codec::RecordWriter::create(&shard)?;
    /// # writer.write(b"one")?;
    /// # writer.write(b"three")?;
    /// # writer.finish()?;
    /// use tfrecord_codec::RecordIndex;
    ///
    /// let (index, beside) = (RecordIndex::build(&shard)?, RecordIndex::path_for(&shard));
    /// index.save(&beside)?;
    /// assert_eq!(RecordIndex::load(&beside)?, index);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the file cannot be read, or [`ErrorKind::IndexFormat`] if it is not a whole index.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        let load = || Self::read(&File::open(path)?, |_| Ok(()));
        load().map_err(|error| error.with_path(path))
    }

    /// Reads the index of the file with this stamp; one of another file ends at its head.
    pub(crate) fn load_fresh(path: &Path, stamp: &Stamp) -> Result<Self> {
        Self::read(&File::open(path)?, |found| stamp.verify_same(found))
    }

    /// The head is checked before room is made for the rest: the file may be anything.
    fn read(file: &File, accept: impl FnOnce(&Stamp) -> Result<()>) -> Result<Self> {
        let len = file.metadata()?.len();
        let mut bytes = Vec::new();
        file.take(HEAD_LEN as u64).read_to_end(&mut bytes)?;
        let (stamp, count) = parse_head(&bytes)?;
        if index_len(count) != Some(len) {
            return Err(wrong_format(WRONG_COUNT));
        }
        accept(&stamp)?;
        file.take(len).read_to_end(&mut bytes)?;
        Self::from_bytes(&bytes)
    }

    fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEAD_LEN + 8 * self.ends.len() + TAIL_LEN);
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(&self.stamp.len.to_le_bytes());
        bytes.extend_from_slice(&self.stamp.modified.to_le_bytes());
        bytes.extend_from_slice(&(self.ends.len() as u64).to_le_bytes());
        for end in &*self.ends {
            bytes.extend_from_slice(&end.to_le_bytes());
        }
        let checksum = frame::masked_crc32c(&bytes);
        bytes.extend_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads an index from memory; [`load`](Self::load) is the usual way.
    ///
    /// ```
    /// let error = tfrecord_codec::RecordIndex::from_bytes(b"no index").expect_err("it is none");
    /// assert!(error.to_string().starts_with("not a usable index file"));
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::IndexFormat`] if the bytes are not a whole index.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let (stamp, count) = parse_head(bytes)?;
        if index_len(count) != Some(bytes.len() as u64) {
            return Err(wrong_format(WRONG_COUNT));
        }
        let Some((body, checksum)) = bytes.split_last_chunk::<TAIL_LEN>() else {
            return Err(wrong_format(WRONG_COUNT));
        };
        if u32::from_le_bytes(*checksum) != frame::masked_crc32c(body) {
            return Err(wrong_format("its checksum does not match"));
        }
        let ends = words(&body[HEAD_LEN..]);
        if !are_frames(&ends, stamp.len) {
            return Err(wrong_format("its offsets cannot be those of a file"));
        }
        Ok(Self { ends: ends.into(), stamp })
    }
}

const WRONG_COUNT: &str = "it does not hold the number of records it announces";

fn wrong_format(problem: &str) -> Error {
    ErrorKind::IndexFormat(problem.to_owned()).into()
}

/// What the index says of its file, and the number of records.
fn parse_head(bytes: &[u8]) -> Result<(Stamp, u64)> {
    if !bytes.starts_with(&MAGIC) {
        return Err(wrong_format("it starts like another kind of file"));
    }
    let head = bytes.get(..HEAD_LEN).map(words);
    let Some(&[_, len, modified, count]) = head.as_deref() else {
        return Err(wrong_format("it is too short"));
    };
    Ok((Stamp { len, modified: modified as i64 }, count))
}

/// Bytes of an index of so many records.
fn index_len(count: u64) -> Option<u64> {
    count.checked_mul(8)?.checked_add((HEAD_LEN + TAIL_LEN) as u64)
}

fn words(bytes: &[u8]) -> Vec<u64> {
    let word = |chunk: &[u8]| chunk.iter().rev().fold(0, |word, byte| word << 8 | u64::from(*byte));
    bytes.chunks_exact(8).map(word).collect()
}

/// True if frames that end at these offsets lie back to back and fill a file of `len` bytes.
fn are_frames(ends: &[u64], len: u64) -> bool {
    let mut start = 0_u64;
    let apart = ends.iter().all(|&end| {
        let fits = start.checked_add(frame::OVERHEAD as u64).is_some_and(|least| least <= end);
        start = end;
        fits
    });
    apart && start == len
}

/// Writes beside the target and renames, so that the target is never incomplete.
fn write_whole(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let beside = sibling(path);
    let write = || {
        let mut file = fs::File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&beside, path)
    };
    write().inspect_err(|_| {
        // Best effort: the first error is the one to report.
        drop(fs::remove_file(&beside));
    })
}

fn sibling(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_os_string();
    name.push(format!(".{}.tmp", std::process::id()));
    PathBuf::from(name)
}
