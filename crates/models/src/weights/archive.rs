//! The zip archives of `torch.save`: entries that are stored as they are, each with its CRC-32.

use std::collections::HashMap;

use super::bytes::{Bad, Bytes, bad};

const END: [u8; 4] = *b"PK\x05\x06";
const END_64: [u8; 4] = *b"PK\x06\x06";
const LOCATOR_64: [u8; 4] = *b"PK\x06\x07";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const LOCAL: [u8; 4] = *b"PK\x03\x04";

/// Length of the end record without its comment, and of the longest comment.
const END_LENGTH: usize = 22;
const LONGEST_COMMENT: usize = 0xffff;

/// The entries of an archive by name, below the folder that holds `data.pkl`.
#[derive(Debug)]
pub(super) struct Archive<'a>(HashMap<String, (usize, &'a [u8])>);

impl<'a> Archive<'a> {
    /// Reads the directory and compares every entry with its sum.
    pub(super) fn read(bytes: &'a [u8]) -> Result<Self, Bad> {
        let (count, at) = directory(bytes)?;
        let mut input = Bytes::new(bytes, at);
        let mut entries = HashMap::new();
        for _ in 0..count {
            let (name, content) = entry(bytes, &mut input)?;
            if let Some((at, _)) = entries.insert(name, content) {
                return bad(at, "the archive has two entries of one name");
            }
        }
        let pickle =
            entries.keys().filter(|name| name.ends_with("data.pkl")).min_by_key(|n| n.len());
        let Some(folder) = pickle.and_then(|name| name.strip_suffix("data.pkl")) else {
            return bad(at, "the archive has no `data.pkl`");
        };
        let folder = folder.to_owned();
        let inside =
            |(name, content): (String, _)| Some((name.strip_prefix(&folder)?.to_owned(), content));
        Ok(Self(entries.into_iter().filter_map(inside).collect()))
    }

    /// The place of an entry in the file, and its content.
    pub(super) fn get(&self, name: &str) -> Option<(usize, &'a [u8])> {
        self.0.get(name).copied()
    }
}

/// How many entries there are, and where the directory begins.
fn directory(bytes: &[u8]) -> Result<(usize, usize), Bad> {
    let first = bytes.len().saturating_sub(END_LENGTH + LONGEST_COMMENT);
    let tail = &bytes[first..];
    let Some(end) = tail.windows(END.len()).rposition(|window| window == END) else {
        return bad(bytes.len(), "the archive has no end: the file is cut");
    };
    let end = first + end;
    let mut input = Bytes::new(bytes, end + 10);
    let (count, _size, at) = (input.number::<2>()?, input.number::<4>()?, input.number::<4>()?);
    let comment = input.number::<2>()?;
    input.take(comment)?;
    let locator = end.checked_sub(20).filter(|&at| bytes[at..].starts_with(&LOCATOR_64));
    match locator {
        Some(locator) => directory_64(bytes, locator),
        None => Ok((count, at)),
    }
}

fn directory_64(bytes: &[u8], locator: usize) -> Result<(usize, usize), Bad> {
    let end = Bytes::new(bytes, locator + 8).number::<8>()?;
    let mut input = Bytes::new(bytes, end);
    if input.array()? != END_64 {
        return bad(end, "the archive has no end record where it says");
    }
    input.take(28)?;
    let (count, _size, at) = (input.number::<8>()?, input.number::<8>()?, input.number::<8>()?);
    Ok((count, at))
}

/// The next entry of the directory.
fn entry<'a>(bytes: &'a [u8], input: &mut Bytes<'a>) -> Result<(String, (usize, &'a [u8])), Bad> {
    let at = input.at;
    if input.array()? != CENTRAL {
        return bad(at, "the archive has no entry where its directory says");
    }
    input.take(6)?;
    let method = input.number::<2>()?;
    input.take(4)?;
    let sum = u32::from_le_bytes(input.array()?);
    let (packed, size) = (input.number::<4>()?, input.number::<4>()?);
    let lengths = [input.number::<2>()?, input.number::<2>()?, input.number::<2>()?];
    input.take(8)?;
    let local = input.number::<4>()?;
    let name = String::from_utf8_lossy(input.take(lengths[0])?).into_owned();
    let extra = input.take(lengths[1])?;
    input.take(lengths[2])?;
    let [size, packed, local] = wide([size, packed, local], extra);
    if method != 0 || packed != size {
        return bad(at, format!("entry `{name}` is compressed, which torch.save never does"));
    }
    let content = content(bytes, local, size)?;
    // A sum of zero was not computed.
    if sum != 0 && crc32fast::hash(content.1) != sum {
        return bad(content.0, format!("entry `{name}` is not what was written: its sum differs"));
    }
    Ok((name, content))
}

/// The numbers that are all ones, replaced by those of the zip64 field.
fn wide(mut numbers: [usize; 3], extra: &[u8]) -> [usize; 3] {
    let mut fields = Bytes::new(extra, 0);
    while let (Ok(kind), Ok(length)) = (fields.number::<2>(), fields.number::<2>()) {
        let end = fields.at.saturating_add(length);
        if kind == 1 {
            for number in numbers.iter_mut().filter(|number| **number == 0xffff_ffff) {
                *number = fields.number::<8>().unwrap_or(*number);
            }
        }
        fields.at = end;
    }
    numbers
}

fn content(bytes: &[u8], local: usize, size: usize) -> Result<(usize, &[u8]), Bad> {
    let mut input = Bytes::new(bytes, local);
    if input.array()? != LOCAL {
        return bad(local, "the archive has no entry where its directory says");
    }
    input.take(22)?;
    let (name, extra) = (input.number::<2>()?, input.number::<2>()?);
    input.take(name + extra)?;
    Ok((input.at, input.take(size)?))
}
