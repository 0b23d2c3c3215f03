//! How a camera was held.

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

/// Turns an image upright. Allocates, if there is something to turn.
pub(super) fn turn<L: Copy>(image: &mut RgbImage<L>, orientation: Orientation) {
    use Orientation::{
        FlipHorizontal, FlipVertical, NoTransforms, Rotate90, Rotate90FlipH, Rotate180, Rotate270,
        Rotate270FlipH,
    };
    if orientation == NoTransforms || image.pixels.is_empty() {
        return;
    }
    let RgbImage { height, width, ref pixels } = *image;
    let (bottom, right) = (height - 1, width - 1);
    // Where the pixel of row y and column x of the upright image is stored.
    let stored_at = |y: usize, x: usize| match orientation {
        NoTransforms => (y, x),
        FlipHorizontal => (y, right - x),
        Rotate180 => (bottom - y, right - x),
        FlipVertical => (bottom - y, x),
        Rotate90FlipH => (x, y),
        Rotate90 => (bottom - x, y),
        Rotate270FlipH => (bottom - x, right - y),
        Rotate270 => (x, right - y),
    };
    let quarter = matches!(orientation, Rotate90 | Rotate90FlipH | Rotate270 | Rotate270FlipH);
    let (rows, columns) = if quarter { (width, height) } else { (height, width) };
    let (stored, _) = pixels.as_chunks::<3>();
    let mut upright = Vec::with_capacity(pixels.len());
    for y in 0..rows {
        let places = (0..columns).map(|x| stored_at(y, x));
        upright.extend(places.flat_map(|(y, x)| stored[y * width + x]));
    }
    *image = RgbImage { height: rows, width: columns, pixels: upright };
}
