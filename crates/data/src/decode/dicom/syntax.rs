//! In which way a DICOM file stores its elements and pixels.

use dicom_object::FileMetaTable;

use super::damaged;
use crate::decode::DecodeError;

/// What must be known before the elements are read.
pub(super) struct Syntax {
    /// Whether every element names its type.
    pub(super) explicit: bool,
    pub(super) big_endian: bool,
}

/// The transfer syntaxes that are read.
const READ: [&str; 8] = [
    IMPLICIT,
    "1.2.840.10008.1.2.1",
    BIG_ENDIAN,
    JPEG_BASELINE,
    JPEG_EXTENDED,
    "1.2.840.10008.1.2.4.57",
    "1.2.840.10008.1.2.4.70",
    RLE,
];

const IMPLICIT: &str = "1.2.840.10008.1.2";
const BIG_ENDIAN: &str = "1.2.840.10008.1.2.2";
const JPEG_BASELINE: &str = "1.2.840.10008.1.2.4.50";
const JPEG_EXTENDED: &str = "1.2.840.10008.1.2.4.51";
pub(super) const RLE: &str = "1.2.840.10008.1.2.5";

/// The names of others, for messages.
const OTHERS: [(&str, &str); 12] = [
    ("1.2.840.10008.1.2.1.99", "Deflated Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.1.98", "Encapsulated Uncompressed Explicit VR Little Endian"),
    ("1.2.840.10008.1.2.4.80", "JPEG-LS Lossless"),
    ("1.2.840.10008.1.2.4.81", "JPEG-LS Near-Lossless"),
    ("1.2.840.10008.1.2.4.90", "JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.91", "JPEG 2000"),
    ("1.2.840.10008.1.2.4.100", "MPEG2 Main Profile"),
    ("1.2.840.10008.1.2.4.102", "MPEG-4 AVC/H.264"),
    ("1.2.840.10008.1.2.4.110", "JPEG XL Lossless"),
    ("1.2.840.10008.1.2.4.112", "JPEG XL"),
    ("1.2.840.10008.1.2.4.201", "High-Throughput JPEG 2000 Lossless"),
    ("1.2.840.10008.1.2.4.203", "High-Throughput JPEG 2000"),
];

/// The syntax of a file that begins with 128 bytes of anything.
pub(super) fn of(encoded: &[u8]) -> Result<Syntax, DecodeError> {
    let meta = super::no_panic(|| FileMetaTable::from_reader(&encoded[128..]).map_err(damaged))?;
    let uid = meta.transfer_syntax();
    if !READ.contains(&uid) {
        let name = OTHERS.iter().find(|(other, _)| *other == uid);
        let name = name.map_or("unknown", |(_, name)| *name).to_owned();
        return Err(DecodeError::TransferSyntax { uid: uid.to_owned(), name });
    }
    Ok(Syntax { explicit: uid != IMPLICIT, big_endian: uid == BIG_ENDIAN })
}
