//! PNG, through the `png` crate.

use std::io::Cursor;

use image::metadata::Orientation;
use png::{BitDepth, ColorType, Decoder as PngDecoder, DecodingError, Transformations};

use super::{DecodeError, Decoder, Format, MAX_PIXELS, RgbImage, check_size};

/// A byte of deflate makes 1032 bytes at most (RFC 1951: 258 bytes for two bits), of 8 pixels each.
const MAX_PIXELS_PER_BYTE: usize = 1032 * 8;

/// PNG of every colour type and depth, interlaced or not, through the `png` crate.
///
/// * Transparency is dropped, as Pillow's `convert("RGB")` does: what is stored under it shows.
/// * Of 16 bits the upper 8 are kept, as libpng and TensorFlow do and Pillow for colour. (Pillow cuts
///   16-bit grey off at 255, which makes most such pictures white.)
/// * Colour profiles and gamma are ignored. Of an animation, it is the first frame.
///
/// The orientation in EXIF data is ignored; [`AnyImage`](crate::AnyImage) can apply it.
#[derive(Clone, Debug)]
pub struct Png {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
}

impl Default for Png {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS }
    }
}

impl Decoder for Png {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.decode_oriented(encoded, image).map(drop)
    }
}

impl Png {
    /// Decodes the pixels as they are stored, and says how EXIF data wants them turned.
    pub(super) fn decode_oriented(
        &self,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        Format::Png.expect(encoded)?;
        let mut decoder = PngDecoder::new(Cursor::new(encoded));
        // These may be compressed, a few bytes for gigabytes, and nobody asks for them here.
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        decoder.set_transformations(Transformations::EXPAND | Transformations::STRIP_16);
        let header = decoder.read_header_info().map_err(|error| damaged(&error))?;
        let (height, width) = (header.height as usize, header.width as usize);
        check_size((height, width), self.max_pixels, MAX_PIXELS_PER_BYTE, encoded)?;
        let mut reader = decoder.read_info().map_err(|error| damaged(&error))?;
        let len = reader.output_buffer_size().ok_or_else(|| DecodeError("too large".to_owned()))?;
        image.pixels.resize(len, 0);
        let frame = reader.next_frame(&mut image.pixels).map_err(|error| damaged(&error))?;
        debug_assert_eq!(frame.bit_depth, BitDepth::Eight, "EXPAND and STRIP_16 see to that");
        to_rgb(&mut image.pixels, height * width, frame.color_type);
        (image.height, image.width) = (height, width);
        let exif = reader.info().exif_metadata.as_deref();
        Ok(exif.and_then(Orientation::from_exif_chunk))
    }
}

/// Rewrites samples of 8 bits as red, green and blue, in place.
fn to_rgb(samples: &mut Vec<u8>, pixels: usize, color_type: ColorType) {
    let channels = color_type.samples();
    samples.resize(pixels * channels.max(3), 0);
    if channels < 3 {
        // From the back, so that no sample is overwritten before it is read.
        for pixel in (0..pixels).rev() {
            let grey = samples[pixel * channels];
            samples[pixel * 3..pixel * 3 + 3].fill(grey);
        }
    } else if channels == 4 {
        for pixel in 0..pixels {
            samples.copy_within(pixel * 4..pixel * 4 + 3, pixel * 3);
        }
    }
    samples.truncate(pixels * 3);
}

fn damaged(error: &DecodingError) -> DecodeError {
    DecodeError(format!("damaged PNG: {error}"))
}
