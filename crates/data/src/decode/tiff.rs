//! TIFF, through the `tiff` crate.

mod directory;

use std::io::Cursor;

use tiff::ColorType;
use tiff::TiffError;
use tiff::decoder::{Decoder as TiffDecoder, DecodingResult, Limits};
use tiff::tags::{CompressionMethod, Tag};

use super::samples::Samples;
use super::{DecodeError, Decoder, Format, MAX_PIXELS, RgbImage, check_size};
use crate::level::Level;
use crate::pixels::{Channels, Depth, PixelFormat, Pixels};

/// TIFF of 8 or 16 bits, grey or RGB, with transparency or not, through the `tiff` crate: strips or
/// tiles, in one plane or several, of any byte order; uncompressed, LZW, Deflate or PackBits.
///
/// * Grey in which 0 is white is inverted, as Pillow does.
/// * Transparency is dropped. Of a file with several pages, it is the first.
/// * Other depths, floats, palettes, CMYK and JPEG inside of TIFF are refused.
#[derive(Clone, Debug)]
pub struct Tiff {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
}

/// A file in memory whose header is read.
type File<'a> = TiffDecoder<Cursor<&'a [u8]>>;

impl Default for Tiff {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS }
    }
}

impl Decoder for Tiff {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn decode_16(&self, encoded: &[u8], image: &mut RgbImage<u16>) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn stored_format(&self, encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        let (_, color) = self.open(encoded)?;
        let channels = if samples(color)? < 3 { Channels::Grey } else { Channels::Rgb };
        let depth = if color.bit_depth() > 8 { Depth::Sixteen } else { Depth::Eight };
        Ok(PixelFormat { channels, depth })
    }
}

impl Tiff {
    pub(super) fn read<L: Level>(
        &self,
        encoded: &[u8],
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        let (mut decoder, color) = self.open(encoded)?;
        let channels = samples(color)?;
        let (width, height) = decoder.dimensions().map_err(|error| damaged(&error))?;
        let (height, width) = (height as usize, width as usize);
        let per_byte = max_pixels_per_byte(&mut decoder).map_err(|error| damaged(&error))?;
        check_size((height, width), self.max_pixels, per_byte, encoded)?;
        let mut decoder = decoder.with_limits(limits(height * width, encoded));
        let mut read = DecodingResult::U8(Vec::new());
        let layout = decoder.read_image_to_buffer(&mut read).map_err(|error| damaged(&error))?;
        let levels = match read {
            DecodingResult::U8(levels) => Pixels::Eight(interleaved(levels, layout.planes)),
            DecodingResult::U16(levels) => Pixels::Sixteen(interleaved(levels, layout.planes)),
            _ => return Err(unsupported("numbers that are signed or no integers")),
        };
        if levels.len() < height * width * channels {
            return Err(DecodeError::Image("damaged TIFF: samples are missing".to_owned()));
        }
        Samples { height, width, channels, levels }.write_to(image);
        Ok(())
    }

    fn open<'a>(&self, encoded: &'a [u8]) -> Result<(File<'a>, ColorType), DecodeError> {
        Format::Tiff.expect(encoded)?;
        directory::check(encoded)
            .map_err(|problem| DecodeError::Image(format!("damaged TIFF: {problem}")))?;
        let decoder = TiffDecoder::new(Cursor::new(encoded)).map_err(|error| damaged(&error))?;
        let mut decoder = decoder.with_limits(limits(0, encoded));
        let color = decoder.colortype().map_err(|error| damaged(&error))?;
        Ok((decoder, color))
    }
}

/// What a picture of so many pixels may take: four samples of 16 bits, and a strip or tile, which may reach
/// beyond the picture.
fn limits(pixels: usize, encoded: &[u8]) -> Limits {
    const TILE: usize = 4 << 20;
    let mut limits = Limits::default();
    limits.decoding_buffer_size = pixels.saturating_mul(8);
    limits.intermediate_buffer_size = limits.decoding_buffer_size + encoded.len() + TILE;
    limits
}

/// Pixels have at least 8 bits. A byte of run lengths makes 64 of them, of deflate 1032 (see PNG); a code of
/// LZW has at least 9 bits and stands for 4,096 bytes at most.
fn max_pixels_per_byte(decoder: &mut File<'_>) -> Result<usize, TiffError> {
    let compression = decoder.find_tag_unsigned(Tag::Compression)?;
    Ok(match compression.and_then(CompressionMethod::from_u16) {
        None | Some(CompressionMethod::None) => 1,
        Some(CompressionMethod::PackBits) => 64,
        Some(CompressionMethod::LZW) => 4096,
        Some(_) => 1032,
    })
}

/// Samples of a pixel.
fn samples(color: ColorType) -> Result<usize, DecodeError> {
    match color {
        ColorType::Gray(8 | 16) => Ok(1),
        ColorType::GrayA(8 | 16) | ColorType::Multiband { bit_depth: 8 | 16, num_samples: 2 } => {
            Ok(2)
        }
        ColorType::RGB(8 | 16) => Ok(3),
        ColorType::RGBA(8 | 16) => Ok(4),
        other => Err(unsupported(&format!("the colours {other:?}"))),
    }
}

fn unsupported(what: &str) -> DecodeError {
    DecodeError::Image(format!("a TIFF with {what}: save it as grey or RGB of 8 or 16 bits"))
}

/// Planes one after the other become samples side by side.
fn interleaved<S: Copy>(levels: Vec<S>, planes: usize) -> Vec<S> {
    if planes <= 1 {
        return levels;
    }
    let pixels = levels.len() / planes;
    let sample = |pixel: usize| (0..planes).map(move |plane| plane * pixels + pixel);
    (0..pixels).flat_map(sample).map(|place| levels[place]).collect()
}

fn damaged(error: &TiffError) -> DecodeError {
    match error {
        TiffError::UnsupportedError(what) => unsupported(&format!("what is not read ({what})")),
        _ => DecodeError::Image(format!("damaged TIFF: {error}")),
    }
}
