//! Whether what the directory of a TIFF file names lies within the file.
//!
//! The `tiff` crate takes memory for a value before it reads it: a small file could ask for 256 MiB.
//!
//! Source: TIFF 6.0, section 2 (image file directory); BigTIFF, the same with wider numbers.

/// Tags from here on are private. They are not read, and may say anything.
const PRIVATE: u16 = 32_768;

/// Walks over the first directory.
pub(super) fn check(encoded: &[u8]) -> Result<(), String> {
    let file = File { encoded, big_endian: encoded.starts_with(b"MM") };
    let cut = || "the file ends before its directory does".to_owned();
    // Classic numbers have 4 bytes and are counted by 2; an entry has 4 bytes and then two numbers.
    let (wide, count_bytes, start) = match file.number(2, 2).ok_or_else(cut)? {
        43 => (8, 8, file.number(8, 8)),
        _ => (4, 2, file.number(4, 4)),
    };
    let start = start.ok_or_else(cut)?;
    let entries = file.number(start, count_bytes).ok_or_else(cut)?;
    let first = start.saturating_add(count_bytes);
    for entry in 0..entries {
        let place = first.saturating_add(entry.saturating_mul(4 + 2 * wide));
        let tag = file.number(place, 2).ok_or_else(cut)?;
        let fits = file.value_fits(place, wide).ok_or_else(cut)?;
        if tag < u64::from(PRIVATE) && !fits {
            return Err(format!("the value of tag {tag} at byte {place} is longer than the file"));
        }
    }
    Ok(())
}

struct File<'a> {
    encoded: &'a [u8],
    big_endian: bool,
}

impl File<'_> {
    /// The unsigned number of so many bytes there; `None` beyond the end.
    fn number(&self, place: u64, bytes: u64) -> Option<u64> {
        let place = usize::try_from(place).ok()?;
        let bytes = self.encoded.get(place..place.checked_add(usize::try_from(bytes).ok()?)?)?;
        let join = |number: u64, byte: &u8| number << 8 | u64::from(*byte);
        Some(match self.big_endian {
            true => bytes.iter().fold(0, join),
            false => bytes.iter().rev().fold(0, join),
        })
    }

    /// Whether the value of the entry at `place` lies in the entry or elsewhere in the file.
    fn value_fits(&self, place: u64, wide: u64) -> Option<bool> {
        let kind = self.number(place.checked_add(2)?, 2)?;
        let count = self.number(place.checked_add(4)?, wide)?;
        let value = self.number(place.checked_add(4 + wide)?, wide)?;
        let bytes = count.saturating_mul(bytes_of(kind));
        Some(bytes <= wide || value.saturating_add(bytes) <= self.encoded.len() as u64)
    }
}

/// Bytes of a value of this type.
fn bytes_of(kind: u64) -> u64 {
    match kind {
        3 | 8 => 2,
        4 | 9 | 11 | 13 => 4,
        5 | 10 | 12 | 16..=18 => 8,
        _ => 1,
    }
}
