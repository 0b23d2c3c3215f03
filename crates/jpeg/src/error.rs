//! What can be wrong with a file.

use std::fmt;

use crate::Region;

/// Why a file cannot be decoded. The caller knows which file it was; the place in it is here.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes do not begin like a JPEG file.
    #[error("not a JPEG file: it does not begin with the bytes FF D8")]
    NotJpeg,
    /// The file ends too early.
    #[error("truncated JPEG: the file ends {place}; get the file again")]
    Truncated {
        /// Where it ends.
        place: Place,
    },
    /// The file has fewer bits than its picture has blocks.
    #[error("{bytes} bytes cannot hold {width}x{height} pixels: truncated, or made up")]
    TooShort {
        /// Bytes of the file.
        bytes: usize,
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
    /// The file says something impossible.
    #[error("damaged JPEG: {problem} {place}; get the file again, or save the picture anew")]
    Damaged {
        /// Where.
        place: Place,
        /// What.
        problem: &'static str,
    },
    /// The file is of a kind that this decoder does not read.
    #[error(
        "{kind}, which this decoder does not read: save the picture as baseline JPEG of 8 bits"
    )]
    Unsupported {
        /// The kind, as `a lossless JPEG`.
        kind: &'static str,
    },
    /// The samples of the picture do not have 8 bits.
    #[error(
        "a JPEG of {bits} bits, which this decoder does not read: save the picture as JPEG of 8 bits, or \
         as PNG or TIFF of 16"
    )]
    Precision {
        /// Bits of a sample.
        bits: u8,
    },
    /// The picture is larger than [`Limits`](crate::Limits) allow.
    #[error("{width}x{height} pixels are more than the limit of {limit} pixels")]
    TooLarge {
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// What is allowed.
        limit: usize,
    },
    /// The region that was asked for is empty, or not inside the picture.
    #[error("there is no {region:?} in a picture of {width}x{height} pixels")]
    NoSuchRegion {
        /// What was asked for.
        region: Region,
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
    },
}

/// A place in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// At this byte, counted from 0.
    Byte(usize),
    /// In the compressed data of the scan that begins at `byte`, where it describes `row` of the picture.
    Scan {
        /// First byte of the scan's data, counted from 0.
        byte: usize,
        /// Row of pixels, counted from 0; the damage is there or above.
        row: usize,
    },
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Byte(byte) => write!(f, "at byte {byte}"),
            Self::Scan { byte, row } => {
                write!(f, "at row {row} of the picture, in the scan at byte {byte}")
            }
        }
    }
}

/// The answer, or what is wrong with the file.
pub type Result<T, E = Error> = std::result::Result<T, E>;

pub(crate) fn damaged<T>(byte: usize, problem: &'static str) -> Result<T> {
    Err(Error::Damaged { place: Place::Byte(byte), problem })
}

/// What is wrong with compressed data; its place is added by whoever knows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Bits that are no code of the Huffman table.
    BadCode,
    /// A block has more than 64 coefficients.
    BlockOverflow,
    /// The data ends before the last block.
    TooShort,
    /// A restart marker is missing, or not the one that follows.
    BadRestart,
}

impl Fault {
    pub(crate) fn at(self, place: Place) -> Error {
        let problem = match self {
            Self::BadCode => "bits that are no Huffman code",
            Self::BlockOverflow => "a block of more than 64 coefficients",
            Self::TooShort => "the compressed data ends too early",
            Self::BadRestart => "a restart marker is missing or out of order",
        };
        Error::Damaged { place, problem }
    }
}
