//! PNG, through the `png` crate.

use std::io::Cursor;

use image::metadata::Orientation;
use png::{BitDepth, ColorType, Decoder as PngDecoder, DecodingError, OutputInfo, Transformations};

use super::samples::Samples;
use super::{DecodeError, Decoder, Format, MAX_PIXELS, RgbImage, check_size};
use crate::pixels::{Channels, Depth, PixelFormat, Pixels};

/// A byte of deflate makes 1032 bytes at most (RFC 1951: 258 bytes for two bits), of 8 pixels each.
const MAX_PIXELS_PER_BYTE: usize = 1032 * 8;

/// PNG of every colour type and depth, interlaced or not, through the `png` crate.
///
/// * Transparency is dropped, as Pillow's `convert("RGB")` does: what is stored under it shows.
/// * Where 8 bits are asked for, the upper 8 of 16 are kept, as libpng and TensorFlow do and Pillow for
///   colour. (Pillow cuts 16-bit grey off at 255, which makes most such pictures white.)
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
        self.read_8(encoded, image).map(drop)
    }

    fn decode_16(&self, encoded: &[u8], image: &mut RgbImage<u16>) -> Result<(), DecodeError> {
        self.read_16(encoded, image).map(drop)
    }

    fn stored_format(&self, encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        let mut decoder = self.open(encoded)?;
        let header = decoder.read_header_info().map_err(|error| damaged(&error))?;
        let grey = matches!(header.color_type, ColorType::Grayscale | ColorType::GrayscaleAlpha);
        let channels = if grey { Channels::Grey } else { Channels::Rgb };
        let sixteen = header.bit_depth == BitDepth::Sixteen;
        Ok(PixelFormat { channels, depth: if sixteen { Depth::Sixteen } else { Depth::Eight } })
    }
}

impl Png {
    /// Decodes the pixels as they are stored, and says how EXIF data wants them turned.
    pub(crate) fn read_8(
        &self,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        let narrow = Transformations::EXPAND | Transformations::STRIP_16;
        let (frame, orientation) = self.read_samples(encoded, narrow, &mut image.pixels)?;
        (image.height, image.width) = (frame.height as usize, frame.width as usize);
        to_rgb(&mut image.pixels, image.height * image.width, frame.color_type);
        Ok(orientation)
    }

    /// The same with all 16 bits, if there are so many.
    pub(crate) fn read_16(
        &self,
        encoded: &[u8],
        image: &mut RgbImage<u16>,
    ) -> Result<Option<Orientation>, DecodeError> {
        let mut bytes = Vec::new();
        let read = self.read_samples(encoded, Transformations::EXPAND, &mut bytes)?;
        let (frame, orientation) = read;
        let levels = match frame.bit_depth {
            BitDepth::Sixteen => {
                let (pairs, _) = bytes.as_chunks();
                Pixels::Sixteen(pairs.iter().map(|&pair| u16::from_be_bytes(pair)).collect())
            }
            _ => Pixels::Eight(bytes),
        };
        let (height, width) = (frame.height as usize, frame.width as usize);
        let channels = frame.color_type.samples();
        Samples { height, width, channels, levels }.write_to(image);
        Ok(orientation)
    }

    fn read_samples(
        &self,
        encoded: &[u8],
        transformations: Transformations,
        samples: &mut Vec<u8>,
    ) -> Result<(OutputInfo, Option<Orientation>), DecodeError> {
        let mut decoder = self.open(encoded)?;
        decoder.set_transformations(transformations);
        let header = decoder.read_header_info().map_err(|error| damaged(&error))?;
        let (height, width) = (header.height as usize, header.width as usize);
        check_size((height, width), self.max_pixels, MAX_PIXELS_PER_BYTE, encoded)?;
        let mut reader = decoder.read_info().map_err(|error| damaged(&error))?;
        let too_large = || DecodeError::Image("too large".to_owned());
        samples.resize(reader.output_buffer_size().ok_or_else(too_large)?, 0);
        let frame = reader.next_frame(samples).map_err(|error| damaged(&error))?;
        let exif = reader.info().exif_metadata.as_deref();
        Ok((frame, exif.and_then(Orientation::from_exif_chunk)))
    }

    fn open<'a>(&self, encoded: &'a [u8]) -> Result<PngDecoder<Cursor<&'a [u8]>>, DecodeError> {
        Format::Png.expect(encoded)?;
        let mut decoder = PngDecoder::new(Cursor::new(encoded));
        // These may be compressed, a few bytes for gigabytes, and nobody asks for them here.
        decoder.set_ignore_text_chunk(true);
        decoder.set_ignore_iccp_chunk(true);
        Ok(decoder)
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
    DecodeError::Image(format!("damaged PNG: {error}"))
}
