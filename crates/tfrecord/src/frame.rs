//! The frame around every record, on byte slices.
//!
//! A file is a sequence of frames without anything between, before or after them:
//!
//! | bytes | content |
//! |---|---|
//! | 8 | payload length `n`, little-endian |
//! | 4 | masked CRC-32C of those 8 bytes, little-endian |
//! | n | payload |
//! | 4 | masked CRC-32C of the payload, little-endian |
//!
//! Source: `tensorflow/core/lib/io/record_writer.h` (`RecordWriter`) and
//! `tensorflow/core/lib/hash/crc32c.h` (`Mask`).
//!
//! ```
//! use tfrecord_codec::frame;
//!
//! let payload = b"hello";
//! let mut file = frame::header(payload.len() as u64).to_vec();
//! file.extend_from_slice(payload);
//! file.extend_from_slice(&frame::footer(payload));
//! assert_eq!(tfrecord_codec::slice::records(&file).next().transpose()?, Some(&payload[..]));
//! # Ok::<(), tfrecord_codec::Error>(())
//! ```

use crate::error::{ErrorKind, FramePart};
use crate::{Integrity, Limits};

/// Bytes before a payload.
///
/// ```
/// use tfrecord_codec::frame;
/// assert_eq!(frame::header(5).len(), frame::HEADER_LEN);
/// ```
pub const HEADER_LEN: usize = 12;
/// Bytes after a payload.
///
/// ```
/// use tfrecord_codec::frame;
/// assert_eq!(frame::footer(b"hello").len(), frame::FOOTER_LEN);
/// ```
pub const FOOTER_LEN: usize = 4;
/// Bytes of a frame that are not payload.
///
/// ```
/// use tfrecord_codec::{RecordWriter, frame};
///
/// let mut writer = RecordWriter::new(Vec::new());
/// writer.write(b"hello")?;
/// assert_eq!(writer.finish()?.len(), 5 + frame::OVERHEAD);
/// # Ok::<(), tfrecord_codec::Error>(())
/// ```
pub const OVERHEAD: usize = HEADER_LEN + FOOTER_LEN;

/// The CRC-32C of `bytes`, rotated and offset as the format wants it.
///
/// Masking exists because a checksum over data that holds checksums is weak.
///
/// ```
/// // The check value of CRC-32C (RFC 3720), masked.
/// let crc = 0xe306_9283_u32;
/// let masked = crc.rotate_right(15).wrapping_add(0xa282_ead8);
/// assert_eq!(tfrecord_codec::frame::masked_crc32c(b"123456789"), masked);
/// ```
pub fn masked_crc32c(bytes: &[u8]) -> u32 {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8)
}

/// The 12 bytes before a payload of `length` bytes.
///
/// ```
/// assert_eq!(tfrecord_codec::frame::header(5)[..8], [5, 0, 0, 0, 0, 0, 0, 0]);
/// ```
pub fn header(length: u64) -> [u8; HEADER_LEN] {
    let length = length.to_le_bytes();
    let mut header = [0; HEADER_LEN];
    header[..8].copy_from_slice(&length);
    header[8..].copy_from_slice(&masked_crc32c(&length).to_le_bytes());
    header
}

/// The 4 bytes after `payload`.
///
/// ```
/// assert_eq!(tfrecord_codec::frame::footer(b""), 0xa282_ead8_u32.to_le_bytes());
/// ```
pub fn footer(payload: &[u8]) -> [u8; FOOTER_LEN] {
    masked_crc32c(payload).to_le_bytes()
}

/// Reads the payload's length from the first bytes of a frame and checks it against `limits`.
/// `bytes` may hold more than the header; if it holds less, the input ends inside it.
pub(crate) fn parse_header(bytes: &[u8], limits: &Limits) -> Result<u64, ErrorKind> {
    let Some((header, _)) = bytes.split_first_chunk::<HEADER_LEN>() else {
        let (needed, found) = (HEADER_LEN as u64, bytes.len() as u64);
        return Err(ErrorKind::Truncated { part: FramePart::Header, needed, found });
    };
    let length = checked_length(header)?;
    if length > limits.record_len {
        return Err(ErrorKind::RecordTooLong { length, limit: limits.record_len });
    }
    Ok(length)
}

/// The length in a header if its checksum matches.
pub(crate) fn checked_length(header: &[u8; HEADER_LEN]) -> Result<u64, ErrorKind> {
    let [length @ .., c0, c1, c2, c3] = header;
    let (stored, computed) = (u32::from_le_bytes([*c0, *c1, *c2, *c3]), masked_crc32c(length));
    if stored != computed {
        return Err(ErrorKind::LengthChecksum { stored, computed });
    }
    Ok(u64::from_le_bytes(*length))
}

/// Splits `body`, a payload and its checksum, and verifies it as far as `integrity` asks.
pub(crate) fn check_body(body: &[u8], integrity: Integrity) -> Result<&[u8], ErrorKind> {
    let Some((payload, footer)) = body.split_last_chunk::<FOOTER_LEN>() else {
        return Err(truncated_body(FOOTER_LEN as u64, body.len() as u64));
    };
    if integrity == Integrity::Full {
        let (stored, computed) = (u32::from_le_bytes(*footer), masked_crc32c(payload));
        if stored != computed {
            return Err(ErrorKind::PayloadChecksum { stored, computed });
        }
    }
    Ok(payload)
}

/// The error for a body of which only `found` of `needed` bytes are there.
pub(crate) fn truncated_body(needed: u64, found: u64) -> ErrorKind {
    ErrorKind::Truncated { part: FramePart::Body, needed, found }
}

/// Turns a failed length checksum at the very start of an input into a better answer, if the
/// bytes are those of a well-known other format.
pub(crate) fn explain_start(kind: ErrorKind, start: &[u8]) -> ErrorKind {
    match (kind, looks_like(start)) {
        (ErrorKind::LengthChecksum { .. } | ErrorKind::Truncated { .. }, Some(looks_like)) => {
            ErrorKind::NotTfRecord { looks_like }
        }
        (kind, _) => kind,
    }
}

fn looks_like(start: &[u8]) -> Option<&'static str> {
    const MAGIC: [(&[u8], &str); 10] = [
        (b"\x89PNG", "a PNG image"),
        (b"\xff\xd8\xff", "a JPEG image"),
        (b"GIF8", "a GIF image"),
        (b"RIFF", "a WebP, WAV or AVI file"),
        (b"PK\x03\x04", "a zip archive"),
        (b"\x28\xb5\x2f\xfd", "a zstd stream"),
        (b"BZh", "a bzip2 stream"),
        (b"\xfd7zXZ", "an xz stream"),
        (b"\x89HDF", "an HDF5 file"),
        (b"PAR1", "a Parquet file"),
    ];
    let known = MAGIC.iter().find(|(magic, _)| start.starts_with(magic)).map(|(_, name)| *name);
    known.or_else(|| is_text(start).then_some("text"))
}

fn is_text(start: &[u8]) -> bool {
    let head = &start[..start.len().min(HEADER_LEN)];
    // The upper bytes of a real length are zero, so four printable bytes are no header; fewer can
    // be what an interrupted writer left of one.
    head.len() >= 4 && head.iter().all(|byte| matches!(byte, b' '..=b'~' | b'\n' | b'\r' | b'\t'))
}
