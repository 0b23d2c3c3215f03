//! From an encoded image to RGB pixels.

mod any;
mod bmp;
mod depth;
#[cfg(feature = "dicom")]
mod dicom;
mod jpeg;
mod orientation;
mod png;
mod samples;
mod tiff;

pub use any::AnyImage;
pub use bmp::Bmp;
pub(crate) use depth::DecodedLevel;
#[cfg(feature = "dicom")]
pub use dicom::{Dicom, DicomOptions, Frame, Window};
pub use jpeg::Jpeg;
pub use orientation::ExifOrientation;
pub use png::Png;
pub use tiff::Tiff;

use resnet_jpeg::Region;

use crate::pixels::PixelFormat;

/// Pillow's limit, above which it suspects a decompression bomb: 256 MiB of RGB.
pub(crate) const MAX_PIXELS: usize = 89_478_485;

/// An image in memory: `height * width * 3` levels of red, green and blue, row by row; of 8 bits, if
/// nothing else is said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RgbImage<L = u8> {
    /// Rows.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Red, green and blue of each pixel.
    pub pixels: Vec<L>,
}

impl<L: Copy> RgbImage<L> {
    /// Keeps the region alone that `pick` wants, in the same memory.
    pub(crate) fn keep(&mut self, pick: &mut PickRegion<'_>) {
        let region = pick(self.height, self.width);
        if region == Region::whole(self.height, self.width) {
            return;
        }
        let (from, to) = (3 * self.width, 3 * region.width);
        for row in 0..region.height {
            let start = (region.top + row) * from + 3 * region.left;
            self.pixels.copy_within(start..start + to, row * to);
        }
        self.pixels.truncate(region.height * to);
        (self.height, self.width) = (region.height, region.width);
    }
}

/// Picks the region that is wanted of an image, given its height and width.
pub type PickRegion<'a> = dyn FnMut(usize, usize) -> Region + 'a;

/// Why an image could not be decoded, in words for a person; the caller knows which image it was.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DecodeError {
    /// It is damaged, too large, or of another format.
    #[error("{0}")]
    Image(String),

    /// A JPEG with levels of more than 8 bits.
    #[error("a JPEG of {0} bits, which is not decoded: save it as a 16-bit PNG or TIFF image")]
    JpegPrecision(u8),

    /// A DICOM file whose pixels are stored in a way that is not read.
    #[error(
        "the DICOM transfer syntax {uid} ({name}) is not read: convert the file to Explicit VR Little \
         Endian, with `gdcmconv --raw` for example"
    )]
    TransferSyntax {
        /// Its unique identifier.
        uid: String,
        /// Its name, as far as known.
        name: String,
    },
}

/// Decodes one image format, or several. One decoder serves all threads of a loader.
pub trait Decoder: Send + Sync {
    /// Decodes `encoded` into `image`, reusing its memory.
    ///
    /// # Errors
    ///
    /// If `encoded` is damaged, of another format, or larger than the decoder's limit.
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError>;

    /// Decodes a region of `encoded` into `image`: the pixels that [`decode`](Self::decode) gives there.
    ///
    /// `pick` is called once, with height and width of the whole image, and gives a region inside it.
    /// Unless a decoder can do better, the whole image is decoded and the rest thrown away.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode); damage outside the region may remain unseen.
    fn decode_region(
        &self,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        self.decode(encoded, image)?;
        image.keep(pick);
        Ok(())
    }

    /// Decodes `encoded` to 16 bits; what is stored in 8 is scaled by 257. Without an implementation of
    /// its own, a decoder gives its 8 bits.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn decode_16(&self, encoded: &[u8], image: &mut RgbImage<u16>) -> Result<(), DecodeError> {
        u16::through_8_bits(image, |eight| self.decode(encoded, eight))
    }

    /// In which form `encoded` is stored, as far as its header tells. Without an implementation of its
    /// own, a decoder says 8-bit RGB.
    ///
    /// # Errors
    ///
    /// If the header is damaged or of another format.
    fn stored_format(&self, _encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        Ok(PixelFormat::default())
    }

    /// Whether something says which values are black and white: the window of a DICOM file, or one that this
    /// decoder was given. Without an implementation of its own, a decoder says no.
    ///
    /// # Errors
    ///
    /// As [`decode`](Self::decode).
    fn has_window(&self, _encoded: &[u8]) -> Result<bool, DecodeError> {
        Ok(false)
    }
}

/// What a file is, by its first bytes: names lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    Tiff,
    Bmp,
    Dicom,
    /// Something else, in words.
    Other(&'static str),
}

impl Format {
    pub(crate) fn of(encoded: &[u8]) -> Self {
        match encoded {
            // Behind 128 bytes of anything, which may be the header of a TIFF file.
            _ if encoded.get(128..132) == Some(b"DICM") => Self::Dicom,
            [0xff, 0xd8, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [] => Self::Other("an empty file"),
            [b'G', b'I', b'F', b'8', ..] => Self::Other("a GIF image"),
            [b'B', b'M', ..] => Self::Bmp,
            [b'I', b'I', b'*' | b'+', 0, ..] | [b'M', b'M', 0, b'*' | b'+', ..] => Self::Tiff,
            [b'R', b'I', b'F', b'F', ..] => Self::Other("a RIFF file, perhaps WebP"),
            _ => Self::Other("bytes that do not begin like an image"),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Jpeg => "a JPEG image",
            Self::Png => "a PNG image",
            Self::Tiff => "a TIFF image",
            Self::Bmp => "a BMP image",
            Self::Dicom if cfg!(feature = "dicom") => "a DICOM file",
            Self::Dicom => "a DICOM file (for which the feature \"dicom\" must be built in)",
            Self::Other(words) => words,
        }
    }

    /// Refuses a file of another format than this.
    fn expect(self, encoded: &[u8]) -> Result<(), DecodeError> {
        match Self::of(encoded) {
            found if found == self => Ok(()),
            found => {
                let (found, wanted) = (found.in_words(), self.in_words());
                Err(DecodeError::Image(format!("{found}, where {wanted} is expected")))
            }
        }
    }
}

/// Refuses an image before memory is taken for its pixels.
///
/// `max_per_byte` is the number of pixels that one byte of the format can hold at most: a small file
/// that claims a large picture is truncated, or was made to exhaust memory.
fn check_size(
    (height, width): (usize, usize),
    max_pixels: usize,
    max_per_byte: usize,
    encoded: &[u8],
) -> Result<(), DecodeError> {
    let pixels = height.saturating_mul(width);
    if pixels > max_pixels {
        let text =
            format!("{width}x{height} pixels are more than the limit of {max_pixels} pixels");
        return Err(DecodeError::Image(text));
    }
    let bytes = encoded.len();
    if pixels > bytes.saturating_mul(max_per_byte) {
        let text =
            format!("{bytes} bytes cannot hold {width}x{height} pixels: truncated, or made up");
        return Err(DecodeError::Image(text));
    }
    Ok(())
}
