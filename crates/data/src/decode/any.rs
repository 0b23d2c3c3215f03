//! Whatever format a file turns out to have.

use super::{
    DecodeError, Decoder, ExifOrientation, Format, Jpeg, MAX_PIXELS, PickRegion, Png, RgbImage,
};

/// JPEG and PNG, told apart by their content. The decoder of [`Loader::new`](crate::Loader::new).
///
/// What each format gives is said at [`Jpeg`] and [`Png`].
///
/// ```
/// use resnet_data::{AnyImage, Decoder, ExifOrientation, RgbImage};
///
/// let decoder = AnyImage { orientation: ExifOrientation::Apply, ..AnyImage::default() };
/// let mut image = RgbImage::default();
/// let error = decoder.decode(b"GIF89a", &mut image).unwrap_err();
/// assert_eq!(error.to_string(), "a GIF image, where a JPEG or PNG image is expected");
/// ```
#[derive(Clone, Debug)]
pub struct AnyImage {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
    /// What becomes of the orientation in EXIF data. The default is to ignore it.
    pub orientation: ExifOrientation,
}

impl Default for AnyImage {
    fn default() -> Self {
        Self { max_pixels: MAX_PIXELS, orientation: ExifOrientation::default() }
    }
}

impl Decoder for AnyImage {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        let max_pixels = self.max_pixels;
        let orientation = match Format::of(encoded) {
            Format::Jpeg => Jpeg { max_pixels }.decode_oriented(encoded, image)?,
            Format::Png => Png { max_pixels }.decode_oriented(encoded, image)?,
            Format::Other(found) => {
                let text = format!("{found}, where a JPEG or PNG image is expected");
                return Err(DecodeError(text));
            }
        };
        if let (ExifOrientation::Apply, Some(orientation)) = (self.orientation, orientation) {
            super::orientation::turn(image, orientation);
        }
        Ok(())
    }

    fn decode_region(
        &self,
        encoded: &[u8],
        pick: &mut PickRegion<'_>,
        image: &mut RgbImage,
    ) -> Result<(), DecodeError> {
        let as_stored = self.orientation == ExifOrientation::Ignore;
        if as_stored && Format::of(encoded) == Format::Jpeg {
            return Jpeg { max_pixels: self.max_pixels }.decode_region(encoded, pick, image);
        }
        self.decode(encoded, image)?;
        image.keep(pick(image.height, image.width));
        Ok(())
    }
}
