//! BMP, through the `image` crate.

use std::io::Cursor;

use image::codecs::bmp::BmpDecoder;
use image::{ColorType, ImageDecoder, ImageError};

use super::samples::Samples;
use super::{DecodeError, Decoder, Format, MAX_PIXELS, RgbImage, check_size};
use crate::level::Level;
use crate::pixels::Pixels;

/// Two bytes of run-length coding make 255 pixels at most.
const MAX_PIXELS_PER_BYTE: usize = 128;

/// BMP of every depth, plain or run-length coded, through the `image` crate; transparency is dropped.
#[derive(Clone, Debug)]
pub struct Bmp {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
}

impl Default for Bmp {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS }
    }
}

impl Decoder for Bmp {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }
}

impl Bmp {
    pub(super) fn read<L: Level>(
        &self,
        encoded: &[u8],
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        Format::Bmp.expect(encoded)?;
        let decoder = BmpDecoder::new(Cursor::new(encoded)).map_err(|error| damaged(&error))?;
        let (width, height) = decoder.dimensions();
        let (height, width) = (height as usize, width as usize);
        check_size((height, width), self.max_pixels, MAX_PIXELS_PER_BYTE, encoded)?;
        let channels = match decoder.color_type() {
            ColorType::L8 => 1,
            ColorType::Rgb8 => 3,
            ColorType::Rgba8 => 4,
            other => return Err(DecodeError::Image(format!("a BMP with the colours {other:?}"))),
        };
        let mut levels = vec![0; height * width * channels];
        decoder.read_image(&mut levels).map_err(|error| damaged(&error))?;
        Samples { height, width, channels, levels: Pixels::Eight(levels) }.write_to(image);
        Ok(())
    }
}

fn damaged(error: &ImageError) -> DecodeError {
    DecodeError::Image(format!("damaged BMP: {error}"))
}
