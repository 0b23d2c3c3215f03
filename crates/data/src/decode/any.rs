//! Whatever format a file turns out to have.

use super::{
    Bmp, DecodeError, DecodedLevel, Decoder, ExifOrientation, Format, Jpeg, MAX_PIXELS, PickRegion,
    Png, RgbImage, Tiff,
};
#[cfg(feature = "dicom")]
use super::{Dicom, DicomOptions};
use crate::pixels::PixelFormat;

/// JPEG, PNG, BMP and TIFF, and DICOM with the feature `dicom`, told apart by their content. The decoder of
/// [`Loader::new`](crate::Loader::new).
///
/// What each format gives is said at [`Jpeg`], [`Png`], [`Bmp`], [`Tiff`] and `Dicom`.
///
/// ```
/// use resnet_data::{AnyImage, Decoder, ExifOrientation, RgbImage};
///
/// let decoder = AnyImage { orientation: ExifOrientation::Apply, ..AnyImage::default() };
/// let mut image = RgbImage::default();
/// let error = decoder.decode(b"GIF89a", &mut image).unwrap_err();
/// assert!(error.to_string().starts_with("a GIF image, where an image is expected: JPEG, PNG, BMP"));
/// ```
#[derive(Clone, Debug)]
pub struct AnyImage {
    /// Images with more pixels are refused before memory is taken for them.
    ///
    /// The default is Pillow's: 89,478,485 (256 MiB of RGB).
    pub max_pixels: usize,
    /// What becomes of the orientation in EXIF data of JPEG and PNG. The default is to ignore it.
    pub orientation: ExifOrientation,
    /// What becomes visible of a DICOM file.
    #[cfg(feature = "dicom")]
    pub dicom: DicomOptions,
}

impl Default for AnyImage {
    fn default() -> Self {
        Self {
            max_pixels: MAX_PIXELS,
            orientation: ExifOrientation::default(),
            #[cfg(feature = "dicom")]
            dicom: DicomOptions::default(),
        }
    }
}

impl Decoder for AnyImage {
    fn decode(&self, encoded: &[u8], image: &mut RgbImage) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn decode_16(&self, encoded: &[u8], image: &mut RgbImage<u16>) -> Result<(), DecodeError> {
        self.read(encoded, image)
    }

    fn stored_format(&self, encoded: &[u8]) -> Result<PixelFormat, DecodeError> {
        let max_pixels = self.max_pixels;
        match Format::of(encoded) {
            Format::Jpeg => Jpeg { max_pixels }.stored_format(encoded),
            Format::Png => Png { max_pixels }.stored_format(encoded),
            Format::Tiff => Tiff { max_pixels }.stored_format(encoded),
            Format::Bmp => Bmp { max_pixels }.stored_format(encoded),
            #[cfg(feature = "dicom")]
            Format::Dicom => self.dicom().stored_format(encoded),
            other => Err(refused(other)),
        }
    }

    fn has_window(&self, encoded: &[u8]) -> Result<bool, DecodeError> {
        match Format::of(encoded) {
            #[cfg(feature = "dicom")]
            Format::Dicom => self.dicom().has_window(encoded),
            _ => Ok(false),
        }
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
        image.keep(pick);
        Ok(())
    }
}

impl AnyImage {
    fn read<L: DecodedLevel>(
        &self,
        encoded: &[u8],
        image: &mut RgbImage<L>,
    ) -> Result<(), DecodeError> {
        let max_pixels = self.max_pixels;
        let orientation = match Format::of(encoded) {
            Format::Jpeg => {
                L::through_8_bits(image, |eight| Jpeg { max_pixels }.read(encoded, eight))?
            }
            Format::Png => L::read_png(&Png { max_pixels }, encoded, image)?,
            Format::Tiff => return Tiff { max_pixels }.read(encoded, image),
            Format::Bmp => return Bmp { max_pixels }.read(encoded, image),
            #[cfg(feature = "dicom")]
            Format::Dicom => return self.dicom().read(encoded, image),
            other => return Err(refused(other)),
        };
        if let (ExifOrientation::Apply, Some(orientation)) = (self.orientation, orientation) {
            super::orientation::turn(image, orientation);
        }
        Ok(())
    }

    #[cfg(feature = "dicom")]
    fn dicom(&self) -> Dicom {
        Dicom { max_pixels: self.max_pixels, options: self.dicom }
    }
}

fn refused(found: Format) -> DecodeError {
    let dicom = if cfg!(feature = "dicom") { ", DICOM" } else { "" };
    let found = found.in_words();
    let text = format!("{found}, where an image is expected: JPEG, PNG, BMP, TIFF{dicom}");
    DecodeError::Image(text)
}
