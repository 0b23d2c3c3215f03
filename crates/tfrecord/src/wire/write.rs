//! The protobuf wire format, written.
//!
//! A message's length stands before it, so sizes are computed first and nothing is moved later.

/// Bytes of a varint.
pub(crate) fn varint_len(value: u64) -> usize {
    // Seven bits a byte; zero takes one.
    ((63 - (value | 1).leading_zeros() as usize) / 7) + 1
}

/// Bytes of a length-delimited field with a body of `len` bytes and a field number below 16.
pub(crate) fn delimited_len(len: usize) -> usize {
    1 + varint_len(len as u64) + len
}

pub(crate) fn varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// The head of a length-delimited field: its body of `len` bytes must follow.
pub(crate) fn delimited(out: &mut Vec<u8>, number: u8, len: usize) {
    debug_assert!(number < 16);
    out.push(number << 3 | 2);
    varint(out, len as u64);
}

pub(crate) fn bytes(out: &mut Vec<u8>, number: u8, body: &[u8]) {
    delimited(out, number, body.len());
    out.extend_from_slice(body);
}

#[cfg(feature = "events")]
pub(crate) use events::*;

/// Fields that only event files have.
#[cfg(feature = "events")]
mod events {
    use super::{bytes, delimited, varint};

    pub(crate) fn varint_field(out: &mut Vec<u8>, number: u8, value: u64) {
        out.push(number << 3);
        varint(out, value);
    }

    pub(crate) fn f32_field(out: &mut Vec<u8>, number: u8, value: f32) {
        out.push(number << 3 | 5);
        out.extend_from_slice(&value.to_le_bytes());
    }

    pub(crate) fn f64_field(out: &mut Vec<u8>, number: u8, value: f64) {
        out.push(number << 3 | 1);
        out.extend_from_slice(&value.to_le_bytes());
    }

    /// A packed list of doubles.
    pub(crate) fn f64_list(out: &mut Vec<u8>, number: u8, values: &[f64]) {
        delimited(out, number, values.len() * 8);
        for value in values {
            out.extend_from_slice(&value.to_le_bytes());
        }
    }

    /// A message that `fill` writes.
    pub(crate) fn message(out: &mut Vec<u8>, number: u8, fill: impl FnOnce(&mut Vec<u8>)) {
        let mut body = Vec::new();
        fill(&mut body);
        bytes(out, number, &body);
    }
}
