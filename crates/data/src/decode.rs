//! From an encoded image to RGB pixels.

mod any;
mod jpeg;
mod orientation;
mod png;

pub use any::AnyImage;
pub use jpeg::Jpeg;
pub use orientation::ExifOrientation;
pub use png::Png;

use crate::transform::Region;

/// Pillow's limit, above which it suspects a decompression bomb: 256 MiB of RGB.
const MAX_PIXELS: usize = 89_478_485;

/// An image in memory: `height * width * 3` bytes of RGB, row by row.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RgbImage {
    /// Rows.
    pub height: usize,
    /// Pixels in a row.
    pub width: usize,
    /// Red, green and blue of each pixel, 0 to 255.
    pub pixels: Vec<u8>,
}

impl RgbImage {
    /// Keeps a region alone, in the same memory.
    pub(crate) fn keep(&mut self, region: Region) {
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
#[error("{0}")]
pub struct DecodeError(pub String);

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
        image.keep(pick(image.height, image.width));
        Ok(())
    }
}

/// What a file is, by its first bytes: names lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Format {
    Jpeg,
    Png,
    /// Something else, in words.
    Other(&'static str),
}

impl Format {
    pub(crate) fn of(encoded: &[u8]) -> Self {
        match encoded {
            [0xff, 0xd8, ..] => Self::Jpeg,
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [] => Self::Other("an empty file"),
            [b'G', b'I', b'F', b'8', ..] => Self::Other("a GIF image"),
            [b'B', b'M', ..] => Self::Other("a BMP image"),
            [b'I', b'I', b'*', 0, ..] | [b'M', b'M', 0, b'*', ..] => Self::Other("a TIFF image"),
            [b'R', b'I', b'F', b'F', ..] => Self::Other("a RIFF file, perhaps WebP"),
            _ => Self::Other("bytes that do not begin like an image"),
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Jpeg => "a JPEG image",
            Self::Png => "a PNG image",
            Self::Other(words) => words,
        }
    }

    /// Refuses a file of another format than this.
    fn expect(self, encoded: &[u8]) -> Result<(), DecodeError> {
        match Self::of(encoded) {
            found if found == self => Ok(()),
            found => {
                let (found, wanted) = (found.in_words(), self.in_words());
                Err(DecodeError(format!("{found}, where {wanted} is expected")))
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
        return Err(DecodeError(text));
    }
    let bytes = encoded.len();
    if pixels > bytes.saturating_mul(max_per_byte) {
        let text =
            format!("{bytes} bytes cannot hold {width}x{height} pixels: truncated, or made up");
        return Err(DecodeError(text));
    }
    Ok(())
}
