//! How a camera was held.

use image::DynamicImage;
use image::metadata::Orientation;

use super::RgbImage;

/// What becomes of the orientation in EXIF data.
///
/// Cameras store pixels as the sensor has them and write beside them how to turn them. Data that says
/// nothing, or something that does not parse, leaves an image as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ExifOrientation {
    /// The pixels stay as they are stored: as torchvision does, and as ImageNet's published accuracies
    /// assume.
    #[default]
    Ignore,
    /// The image is turned upright, as Pillow's `ImageOps.exif_transpose` does: for photographs from
    /// cameras and telephones whose viewers do so too.
    Apply,
}

/// Turns an image upright. Allocates for quarter turns.
pub(super) fn turn(image: &mut RgbImage, orientation: Orientation) {
    let side = |pixels| u32::try_from(pixels).expect("both formats hold sides in 32 bits");
    let (height, width) = (side(image.height), side(image.width));
    let pixels = image::RgbImage::from_raw(width, height, std::mem::take(&mut image.pixels));
    let mut turned = DynamicImage::ImageRgb8(pixels.expect("height * width * 3 bytes"));
    turned.apply_orientation(orientation);
    (image.height, image.width) = (turned.height() as usize, turned.width() as usize);
    image.pixels = turned.into_rgb8().into_raw();
}
