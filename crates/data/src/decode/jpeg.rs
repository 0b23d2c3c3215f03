//! JPEG, through `resnet-jpeg`.

use std::cell::RefCell;

use image::metadata::Orientation;
use resnet_jpeg::{ColourModel, ImageInfo, Limits};

use super::{DecodeError, Decoder, Format, MAX_PIXELS, PickRegion, RgbImage};
use crate::pixels::{Channels, Depth, PixelFormat};

thread_local! {
    /// The memory of each thread's decoder: a [`Jpeg`] is shared by all of them.
    static DECODER: RefCell<resnet_jpeg::Decoder> = RefCell::default();
}

/// Baseline and progressive JPEG, grey, YCbCr, RGB, CMYK or YCCK, through `resnet-jpeg`: the pixels are
/// those of libjpeg-turbo, and so of Pillow, bit by bit.
///
/// Truncated and damaged files are errors, where libjpeg goes on with grey. `docs/data.md` has the
/// comparison with Pillow on odd and damaged files.
///
/// Of a region only the blocks under it become pixels, and what is stored below it is not read.
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
        self.read(encoded, image).map(drop)
    }

    fn stored_format(&self, encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        let grey = self.info(encoded)?.colour == ColourModel::Grey;
        let channels = if grey { Channels::Grey } else { Channels::Rgb };
        Ok(PixelFormat { channels, depth: Depth::Eight })
    }

    fn decode_region(
        &self,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        self.run(encoded, |decoder| {
            let info = decoder.info(encoded)?;
            let region = pick(info.height, info.width);
            decoder.decode_region(encoded, region, &mut image.pixels)?;
            (image.height, image.width) = (region.height, region.width);
            Ok(())
        })
    }
}

impl Jpeg {
    /// Decodes the pixels as they are stored, and says how EXIF data wants them turned.
    pub(super) fn read(
        &self,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        let info = self.run(encoded, |decoder| decoder.decode(encoded, &mut image.pixels))?;
        (image.height, image.width) = (info.height, info.width);
        Ok(info.exif.and_then(|exif| Orientation::from_exif_chunk(&encoded[exif])))
    }

    /// What the file says about its picture.
    pub(crate) fn info(&self, encoded: &[u8]) -> Result<ImageInfo, DecodeError> {
        self.run(encoded, |decoder| decoder.info(encoded))
    }

    /// Finds out whether the file can be decoded, without computing pixels.
    pub(crate) fn check(&self, encoded: &[u8]) -> Result<ImageInfo, DecodeError> {
        self.run(encoded, |decoder| decoder.check(encoded))
    }

    /// Works with this thread's decoder.
    fn run<R>(
        &self,
        encoded: &[u8],
        work: impl FnOnce(&mut resnet_jpeg::Decoder) -> resnet_jpeg::Result<R>,
    ) -> Result<R, DecodeError> {
        Format::Jpeg.expect(encoded)?;
        DECODER.with_borrow_mut(|decoder| {
            decoder.set_limits(Limits { max_pixels: self.max_pixels, ..Limits::default() });
            work(decoder).map_err(|error| match error {
                resnet_jpeg::Error::Precision { bits } => DecodeError::JpegPrecision(bits),
                other => DecodeError::Image(other.to_string()),
            })
        })
    }
}
