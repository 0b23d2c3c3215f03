//! Going through a damaged file: every whole record, and every place where there is none.

use std::fs::File;
use std::path::{Path, PathBuf};

use crate::error::ErrorKind;
use crate::frame::{self, FOOTER_LEN, HEADER_LEN};
use crate::positioned::Positioned;
use crate::{
    Compression, Error, Integrity, Limits, ReaderOptions, RecordReader, RecordSpan, Result,
};

/// Bytes that are searched at once for the next header.
const WINDOW: usize = 1 << 16;

/// What [`Scan::next_into`] came upon. [`Scan`] has an example.
#[derive(Debug)]
pub enum Found {
    /// A whole record, both checksums right.
    Record(RecordSpan),
    /// Bytes that are no whole record.
    Damage(Damage),
}

/// Bytes that are no whole record. [`Scan`] has an example.
#[derive(Debug)]
pub struct Damage {
    /// Where they start.
    pub offset: u64,
    /// How many bytes it takes to the next header that is right, or to the end of the file. In a
    /// compressed file, which cannot be read beyond damage to the stream, 0 stands for the
    /// unknown rest.
    pub bytes: u64,
    /// What is wrong, with the path, the number of records before and the offset.
    pub error: Error,
}

/// Goes through a file and past its damage: what `verify` and `repair` are made of.
///
/// A damaged payload costs one record. After a damaged length the next header is searched for
/// byte by byte; if payloads themselves hold TFRecord files, this can find records of theirs. A
/// damaged compressed stream ends the search.
///
/// ```
/// # let dir = tempfile::tempdir()?;
/// # let path = dir.path().join("shard");
/// use tfrecord_codec::{Found, RecordWriter, Scan};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// for payload in ["one", "two", "three"] {
///     writer.write(payload.as_bytes())?;
/// }
/// let mut bytes = writer.finish()?;
/// bytes[19] ^= 1; // the length of "two"
/// std::fs::write(&path, &bytes)?;
///
/// let (mut scan, mut record, mut whole, mut lost) = (Scan::open(&path)?, Vec::new(), vec![], 0);
/// while let Some(found) = scan.next_into(&mut record)? {
///     match found {
///         Found::Record(_) => whole.push(record.clone()),
///         Found::Damage(damage) => lost += damage.bytes,
///     }
/// }
/// assert_eq!((whole, lost), (vec![b"one".to_vec(), b"three".to_vec()], 19));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Scan {
    source: Source,
    path: PathBuf,
}

#[derive(Debug)]
enum Source {
    Plain(Plain),
    Packed(Box<RecordReader<File>>),
    Done,
}

impl Scan {
    /// Opens a file, detecting its compression, with the default limits.
    ///
    /// # Errors
    /// If the file cannot be opened and looked at.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Self::open_with(path, Limits::default())
    }

    /// Like [`open`](Self::open), with other limits.
    ///
    /// # Errors
    /// Those of [`open`](Self::open).
    pub fn open_with(path: impl AsRef<Path>, limits: Limits) -> Result<Self> {
        let path = path.as_ref().to_path_buf();
        let source = Source::open(&path, limits).map_err(|error| error.with_path(&path))?;
        Ok(Self { source, path })
    }

    /// The next record, copied into `record`, or the next damage; `None` at the end of the file.
    ///
    /// # Errors
    /// If the operating system cannot read the file. Damage is not an error here.
    pub fn next_into(&mut self, record: &mut Vec<u8>) -> Result<Option<Found>> {
        let found = match &mut self.source {
            Source::Plain(plain) => plain.next_into(record),
            Source::Packed(reader) => packed_next(reader, record),
            Source::Done => Ok(None),
        };
        let mut found = found.map_err(|error| error.with_path(&self.path))?;
        if let Some(Found::Damage(damage)) = &mut found {
            if matches!(self.source, Source::Packed(_)) && !damage.error.is_record_local() {
                self.source = Source::Done;
            }
            let error = std::mem::replace(&mut damage.error, ErrorKind::Stopped.into());
            damage.error = error.with_path(&self.path);
        }
        Ok(found)
    }
}

impl Source {
    fn open(path: &Path, limits: Limits) -> Result<Self> {
        let file = File::open(path)?;
        let len = file.metadata()?.len();
        let plain = Plain { file: Positioned::new(file), len, limits, record: 0, offset: 0 };
        let mut start = [0; HEADER_LEN];
        let start = plain.read_upto(&mut start, 0)?;
        Ok(match Compression::detect(start) {
            Compression::None => Self::Plain(plain),
            packed => {
                // A decompressor that fails gives up what it has unpacked in the same call, so
                // the calls are for little.
                let options = ReaderOptions::new().limits(limits).compression(packed).buffer_len(0);
                Self::Packed(Box::new(options.open(path)?))
            }
        })
    }
}

fn packed_next(reader: &mut RecordReader<File>, record: &mut Vec<u8>) -> Result<Option<Found>> {
    let offset = reader.offset();
    match reader.read_into(record) {
        Ok(true) => Ok(Some(Found::Record(RecordSpan { offset, length: record.len() as u64 }))),
        Ok(false) => Ok(None),
        Err(error) if error.is_io() => Err(error),
        Err(error) => {
            let bytes = reader.offset() - offset;
            Ok(Some(Found::Damage(Damage { offset, bytes, error })))
        }
    }
}

/// A file that is not compressed.
#[derive(Debug)]
struct Plain {
    file: Positioned,
    len: u64,
    limits: Limits,
    record: u64,
    offset: u64,
}

impl Plain {
    fn next_into(&mut self, record: &mut Vec<u8>) -> Result<Option<Found>> {
        let offset = self.offset;
        if offset == self.len {
            return Ok(None);
        }
        let mut header = [0; HEADER_LEN];
        let kind = match self.span(self.read_upto(&mut header, offset)?, offset) {
            Ok(span) => {
                self.offset = span.end();
                match self.read_payload(span, record)? {
                    None => {
                        self.record += 1;
                        return Ok(Some(Found::Record(span)));
                    }
                    Some(kind) => kind,
                }
            }
            Err(kind) => {
                self.offset = self.next_header(offset + 1)?;
                frame::explain_start(kind, if offset == 0 { &header } else { &[] })
            }
        };
        let error = Error::new(kind).with_record(self.record, offset);
        // A damaged region counts as one record: how many it held is not known.
        self.record += 1;
        Ok(Some(Found::Damage(Damage { offset, bytes: self.offset - offset, error })))
    }

    /// The record whose header is at `offset`, if it lies inside the file.
    fn span(&self, header: &[u8], offset: u64) -> Result<RecordSpan, ErrorKind> {
        let length = frame::parse_header(header, &self.limits)?;
        let needed = length.saturating_add(FOOTER_LEN as u64);
        let found = self.len - offset - HEADER_LEN as u64;
        if needed > found {
            return Err(frame::truncated_body(needed, found));
        }
        Ok(RecordSpan { offset, length })
    }

    /// Reads a payload and says what is wrong with it, if anything is.
    fn read_payload(&self, span: RecordSpan, record: &mut Vec<u8>) -> Result<Option<ErrorKind>> {
        record.resize(span.body_len()?, 0);
        self.file.read_exact_at(record, span.payload_offset())?;
        let verdict = frame::check_body(record, Integrity::Full).err();
        record.truncate(record.len() - FOOTER_LEN);
        Ok(verdict)
    }

    /// The offset of the next header that is right, from `from` on, or the end of the file.
    fn next_header(&self, from: u64) -> Result<u64> {
        let (mut window, mut at) = (vec![0; WINDOW], from);
        loop {
            let bytes = self.read_upto(&mut window, at)?;
            let right = |header: &[u8], offset| self.span(header, offset).is_ok();
            let found = bytes.windows(HEADER_LEN).zip(at..).find(|(header, at)| right(header, *at));
            match found {
                Some((_, offset)) => return Ok(offset),
                None if bytes.len() < WINDOW => return Ok(self.len),
                // The last bytes may be the start of a header.
                None => at += (WINDOW - HEADER_LEN + 1) as u64,
            }
        }
    }

    /// Reads at `offset` until `out` is full or the file ends.
    fn read_upto<'o>(&self, out: &'o mut [u8], offset: u64) -> Result<&'o [u8]> {
        let left = usize::try_from(self.len - offset).unwrap_or(usize::MAX);
        let len = out.len().min(left);
        let out = &mut out[..len];
        self.file.read_exact_at(out, offset)?;
        Ok(out)
    }
}
