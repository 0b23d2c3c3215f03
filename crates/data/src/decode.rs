//! From an encoded image to RGB pixels.

mod scans;

use zune_core::bytestream::ZCursor;
use zune_core::colorspace::ColorSpace;
use zune_core::options::DecoderOptions;
use zune_jpeg::JpegDecoder;

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
}

/// Baseline and progressive JPEG, grey, YCbCr, RGB, CMYK or YCCK, through `zune-jpeg`.
///
/// Truncated files are errors. So is a kind of file that `zune-jpeg` 0.5.15 decodes to wrong pixels
/// without saying so: baseline with one scan per colour component, which few programs write.
///
/// The orientation in EXIF data is ignored, as torchvision ignores it and as ImageNet's published
/// accuracies assume. Pixels of photographs differ from libjpeg-turbo's by at most 6 levels,
/// on average 0.3, from rounding.
#[derive(Clone, Debug)]
pub struct Jpeg {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
}

impl Default for Jpeg {
    fn default() -> Self {
        Self { max_pixels: 89_478_485 }
    }
}

impl Decoder for Jpeg {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        refuse_other_formats(encoded)?;
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
}

impl Jpeg {
    fn decode_with(
        &self,
        encoded: &[u8],
        strict: bool,
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        let options = DecoderOptions::new_fast()
            .set_max_width(usize::from(u16::MAX))
            .set_max_height(usize::from(u16::MAX))
            .set_strict_mode(strict)
            .jpeg_set_out_colorspace(ColorSpace::RGB);
        let mut decoder = JpegDecoder::new_with_options(ZCursor::new(encoded), options);
        decoder.decode_headers().map_err(damaged)?;
        let info = decoder.info().ok_or_else(|| DecodeError("no image size".to_owned()))?;
        let (height, width) = (usize::from(info.height), usize::from(info.width));
        self.check_size(height, width)?;
        image.pixels.resize(height * width * 3, 0);
        decoder.decode_into(&mut image.pixels).map_err(damaged)?;
        (image.height, image.width) = (height, width);
        Ok(())
    }

    fn check_size(&self, height: usize, width: usize) -> Result<(), DecodeError> {
        let limit = self.max_pixels;
        if height * width > limit {
            let text = format!("{width}x{height} pixels are more than the limit of {limit} pixels");
            return Err(DecodeError(text));
        }
        Ok(())
    }
}

/// A better message than the decoder's for a file that is no JPEG at all.
fn refuse_other_formats(encoded: &[u8]) -> Result<(), DecodeError> {
    let found = match encoded {
        [0xff, 0xd8, ..] => return Ok(()),
        [] => "an empty file",
        [0x89, b'P', b'N', b'G', ..] => "a PNG image",
        [b'G', b'I', b'F', b'8', ..] => "a GIF image",
        [b'R', b'I', b'F', b'F', ..] => "a RIFF file, perhaps WebP",
        _ => "bytes that do not begin like a JPEG image",
    };
    Err(DecodeError(format!("{found}, where a JPEG image is expected")))
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
