//! Three samples a pixel.

use dicom_pixeldata::{DecodedPixelData, PlanarConfiguration};

use super::syntax::RLE;
use super::{damaged, unsupported};
use crate::decode::{DecodeError, RgbImage};
use crate::level::Level;

/// Writes the pixels to `image`.
pub(super) fn write<L: Level>(
    decoded: &DecodedPixelData<'_>,
    stored: &str,
    syntax: &str,
    image: &mut RgbImage<L>,
) -> Result<(), DecodeError> {
    if decoded.bits_allocated() != 8 {
        return Err(unsupported(&format!("{} bits a colour", decoded.bits_allocated())));
    }
    let pixels = decoded.rows() as usize * decoded.columns() as usize;
    let samples = decoded.data().get(..3 * pixels).ok_or_else(|| damaged("samples are missing"))?;
    // The library takes what it decodes for RGB, which holds for JPEG and not for run lengths.
    let now = if syntax == RLE { stored } else { decoded.photometric_interpretation().as_str() };
    let to_rgb = match now {
        "RGB" => |colour: [u8; 3]| colour,
        "YBR_FULL" => ybr_to_rgb,
        other => return Err(unsupported(&format!("the colours {other}"))),
    };
    let by_plane = decoded.planar_configuration() == PlanarConfiguration::PixelFirst;
    let colour = |pixel: usize| match by_plane {
        true => [0, 1, 2].map(|plane| samples[plane * pixels + pixel]),
        false => [0, 1, 2].map(|channel| samples[3 * pixel + channel]),
    };
    image.pixels.clear();
    let colours = (0..pixels).map(|pixel| to_rgb(colour(pixel)));
    image.pixels.extend(colours.flat_map(|colour| colour.map(L::of_8_bits)));
    Ok(())
}

/// PS3.3, C.7.6.3.1.2: the matrix of JPEG.
fn ybr_to_rgb([y, cb, cr]: [u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f64::from(y), f64::from(cb) - 128.0, f64::from(cr) - 128.0);
    let rgb = [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb];
    rgb.map(|level| level.round() as u8)
}
