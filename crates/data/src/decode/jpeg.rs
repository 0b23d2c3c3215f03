//! JPEG, through `zune-jpeg`.

use image::metadata::Orientation;
use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

use super::{DecodeError, Decoder, Format, MAX_PIXELS, RgbImage, check_size, scans};

/// A block of 8x8 pixels takes one bit at least, even in a progressive image.
const MAX_PIXELS_PER_BYTE: usize = 8 * 64;

/// Baseline and progressive JPEG, grey, YCbCr, RGB, CMYK or YCCK, through `zune-jpeg`.
///
/// Truncated files are errors. So is a kind of file that `zune-jpeg` 0.5.15 decodes to wrong pixels
/// without saying so: baseline with one scan per colour component, which few programs write.
///
/// Rounding differs from libjpeg-turbo's: in photographs of ImageNet 3 levels in a million differ by
/// more than 3, none by more than 6. `docs/data.md` has the comparison with Pillow on odd and damaged files.
///
/// The orientation in EXIF data is ignored; [`AnyImage`](crate::AnyImage) can apply it.
#[derive(Clone, Debug)]
pub struct Jpeg {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
}

impl Default for Jpeg {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS }
    }
}

impl Decoder for Jpeg {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.decode_oriented(encoded, image).map(drop)
    }
}

impl Jpeg {
    /// Decodes the pixels as they are stored, and says how EXIF data wants them turned.
    pub(super) fn decode_oriented(
        &self,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        Format::Jpeg.expect(encoded)?;
        refuse_what_would_decode_wrongly(encoded)?;
        // Lenient decoding fills what it cannot read with grey and says nothing. But strict decoding
        // objects to stray bytes between segments as well, which ImageNet has and libjpeg forgives.
        match self.decode_with(encoded, true, image) {
            Err(DecodeError(text)) if text.contains("Extra bytes between headers") => {
                self.decode_with(encoded, false, image)
            }
            other => other,
        }
    }

    fn decode_with(
        &self,
        encoded: &[u8],
        strict: bool,
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        let options = DecoderOptions::new_fast()
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .set_strict_mode(strict)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(encoded), options);
        decoder.decode_headers().map_err(damaged)?;
        let info = decoder.info().ok_or_else(|| DecodeError("no image size".to_owned()))?;
        let (height, width) = (usize::from(info.height), usize::from(info.width));
        check_size((height, width), self.max_pixels, MAX_PIXELS_PER_BYTE, encoded)?;
        image.pixels.resize(height * width * 3, 0);
        decoder.decode_into(&mut image.pixels).map_err(damaged)?;
        (image.height, image.width) = (height, width);
        Ok(decoder.exif().and_then(|exif| Orientation::from_exif_chunk(exif)))
    }
}

/// Files whose pixels would be wrong without an error from `zune-jpeg` 0.5.15.
fn refuse_what_would_decode_wrongly(encoded: &[u8]) -> Result<(), DecodeError> {
    let Some(scan) = scans::first_scan(encoded) else { return Ok(()) };
    // See https://github.com/etemesi254/zune-image/issues/422 (and 448, after its repair).
    let problem = if scan.splits_components() {
        "a baseline JPEG with its colours in separate scans, which this decoder reads wrongly: save \
         the image again"
    } else if !scan.is_complete() {
        // The decoder notices what is missing before the last row of blocks, but not in it.
        "truncated JPEG: there is no end-of-image marker"
    } else {
        return Ok(());
    };
    Err(DecodeError(problem.to_owned()))
}

fn damaged(error: impl std::fmt::Debug) -> DecodeError {
    DecodeError(format!("damaged JPEG: {error:?}").trim_end().to_owned())
}
