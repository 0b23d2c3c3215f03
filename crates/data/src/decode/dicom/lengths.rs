//! Whether every element of a DICOM file lies within it.
//!
//! `dicom-parser` takes memory for a value before it reads it: a small file could ask for gigabytes.
//!
//! Source: DICOM PS3.5 2024, 7.1 (elements) and 7.5 (sequences); PS3.10, 7.1 (what stands before them).

use super::syntax::Syntax;

const UNDEFINED: u32 = u32::MAX;
/// An item of a sequence, and the ends of items and sequences.
const ITEM_GROUP: u16 = 0xfffe;
const ITEM: u16 = 0xe000;

/// Types with a length of 16 bits; that of all others has 32, behind two bytes of nothing.
const SHORT: [&[u8; 2]; 21] = [
    b"AE", b"AS", b"AT", b"CS", b"DA", b"DS", b"DT", b"FD", b"FL", b"IS", b"LO", b"LT", b"PN",
    b"SH", b"SL", b"SS", b"ST", b"TM", b"UI", b"UL", b"US",
];

/// Where the group begins that tells of the file itself, and its first element, the group's length, ends.
const META: usize = 132;
const META_LENGTH_END: usize = META + 12;

/// Walks over the group that tells of the file itself, and gives its end.
pub(super) fn check_meta(encoded: &[u8]) -> Result<usize, String> {
    let syntax = Syntax { explicit: true, big_endian: false };
    let length = encoded.get(META_LENGTH_END - 4..).and_then(|rest| rest.first_chunk());
    let length = u32::from_le_bytes(*length.ok_or_else(|| too_long(META))?) as usize;
    let (mut place, end) = (META_LENGTH_END, META_LENGTH_END.saturating_add(length));
    while place < end {
        let element = Element::at(encoded, place, &syntax).ok_or_else(|| too_long(place))?;
        place = element.end(encoded).ok_or_else(|| too_long(place))?;
    }
    Ok(place)
}

/// Walks over all elements from `start` on.
pub(super) fn check(encoded: &[u8], start: usize, syntax: &Syntax) -> Result<(), String> {
    let mut place = start;
    while place < encoded.len() {
        place = next(encoded, place, syntax).ok_or_else(|| too_long(place))?;
    }
    Ok(())
}

fn too_long(place: usize) -> String {
    format!("the element at byte {place} is longer than the file")
}

/// Where the next element begins: behind this one, or in it, if it is made of elements.
fn next(encoded: &[u8], place: usize, syntax: &Syntax) -> Option<usize> {
    let element = Element::at(encoded, place, syntax)?;
    let value = encoded.get(element.value..)?;
    // Items of pixel data hold bytes, others hold elements.
    let inside = element.is_item && holds_elements(value, syntax);
    if element.length == UNDEFINED {
        return Some(element.value);
    }
    let end = element.end(encoded)?;
    Some(if inside || begins_with_item(value, syntax) { element.value } else { end })
}

/// What the header of an element says.
struct Element {
    is_item: bool,
    /// Where the value begins.
    value: usize,
    length: u32,
}

impl Element {
    fn at(encoded: &[u8], place: usize, syntax: &Syntax) -> Option<Self> {
        let rest = encoded.get(place..)?;
        let (group, number) = (short(rest, 0, syntax)?, short(rest, 2, syntax)?);
        let kind: Option<&[u8; 2]> = rest.get(4..)?.first_chunk();
        let (length, header) = if group == ITEM_GROUP || !syntax.explicit {
            (long(rest, 4, syntax)?, 8)
        } else if SHORT.contains(&kind?) {
            (short(rest, 6, syntax)?.into(), 8)
        } else {
            (long(rest, 8, syntax)?, 12)
        };
        let is_item = (group, number) == (ITEM_GROUP, ITEM);
        Some(Self { is_item, value: place + header, length })
    }

    /// Where the value ends, if it does so within the file.
    fn end(&self, encoded: &[u8]) -> Option<usize> {
        let end = self.value.checked_add(self.length as usize)?;
        (end <= encoded.len()).then_some(end)
    }
}

fn short(bytes: &[u8], at: usize, syntax: &Syntax) -> Option<u16> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if syntax.big_endian { u16::from_be_bytes(bytes) } else { u16::from_le_bytes(bytes) })
}

fn long(bytes: &[u8], at: usize, syntax: &Syntax) -> Option<u32> {
    let bytes = *bytes.get(at..)?.first_chunk()?;
    Some(if syntax.big_endian { u32::from_be_bytes(bytes) } else { u32::from_le_bytes(bytes) })
}

fn begins_with_item(value: &[u8], syntax: &Syntax) -> bool {
    let item: &[u8] = if syntax.big_endian { b"\xff\xfe\xe0\x00" } else { b"\xfe\xff\x00\xe0" };
    value.starts_with(item)
}

/// Whether the bytes in an item look like an element: by its type, or by a length that fits.
fn holds_elements(bytes: &[u8], syntax: &Syntax) -> bool {
    match bytes.get(4..6) {
        Some(kind) if syntax.explicit => kind.iter().all(u8::is_ascii_uppercase),
        Some(_) => true,
        None => false,
    }
}
