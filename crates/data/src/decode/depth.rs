//! To images of 8 or of 16 bits.

use image::metadata::Orientation;

use super::{DecodeError, Decoder, PickRegion, Png, RgbImage};
use crate::level::{Arithmetic as _, Level};

/// How images with levels of this depth are decoded: by which method of a [`Decoder`].
pub(crate) trait DecodedLevel: Level {
    /// Decodes to levels of this depth.
    fn decode(
        decoder: &dyn Decoder,
        encoded: &[u8],
        image: &mut RgbImage<Self>,
    ) -> Result<(), DecodeError>;

    /// Decodes the region that `pick` wants of an image.
    fn decode_region(
        decoder: &dyn Decoder,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage<Self>,
    ) -> Result<(), DecodeError>;

    /// Decodes to 8 bits and makes levels of this depth of them.
    fn through_8_bits<T>(
        image: &mut RgbImage<Self>,
        decode: impl FnOnce(&mut RgbImage) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError>;

    /// Decodes a PNG file, and says how EXIF data wants it turned.
    fn read_png(
        png: &Png,
        encoded: &[u8],
        image: &mut RgbImage<Self>,
    ) -> Result<Option<Orientation>, DecodeError>;
}

impl DecodedLevel for u8 {
    fn decode(
        decoder: &dyn Decoder,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        decoder.decode(encoded, image)
    }

    fn decode_region(
        decoder: &dyn Decoder,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        decoder.decode_region(encoded, pick, image)
    }

    fn through_8_bits<T>(
        image: &mut RgbImage,
        decode: impl FnOnce(&mut RgbImage) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        decode(image)
    }

    fn read_png(
        png: &Png,
        encoded: &[u8],
        image: &mut RgbImage,
    ) -> Result<Option<Orientation>, DecodeError> {
        png.read_8(encoded, image)
    }
}

impl DecodedLevel for u16 {
    fn decode(
        decoder: &dyn Decoder,
        encoded: &[u8],
        image: &mut RgbImage<Self>,
    ) -> Result<(), DecodeError> {
        decoder.decode_16(encoded, image)
    }

    fn decode_region(
        decoder: &dyn Decoder,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage<Self>,
    ) -> Result<(), DecodeError> {
        decoder.decode_16(encoded, image)?;
        image.keep(pick);
        Ok(())
    }

    fn through_8_bits<T>(
        image: &mut RgbImage<Self>,
        decode: impl FnOnce(&mut RgbImage) -> Result<T, DecodeError>,
    ) -> Result<T, DecodeError> {
        let mut eight = RgbImage::default();
        let decoded = decode(&mut eight)?;
        (image.height, image.width) = (eight.height, eight.width);
        Self::take_bytes(&mut eight.pixels, &mut image.pixels);
        Ok(decoded)
    }

    fn read_png(
        png: &Png,
        encoded: &[u8],
        image: &mut RgbImage<Self>,
    ) -> Result<Option<Orientation>, DecodeError> {
        png.read_16(encoded, image)
    }
}
