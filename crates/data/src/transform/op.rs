//! Deterministic operations on the pixels of an image.

use super::interpolation::PixelSampling;
use super::region::Region;
use super::scratch::Scratch;
use super::{affine, colour, hue, mixture, pixels, sharpness, tables};
use crate::level::Level;

/// One deterministic change of an image that keeps its size: what an
/// [`Augment`](crate::Augment) step draws.
///
/// Results are Pillow's, as torchvision calls it, within 1 level. Images of 16 bits, which Pillow does not
/// change in these ways, are treated alike.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum PixelOp {
    /// Left becomes right.
    HorizontalFlip,
    /// Top becomes bottom.
    VerticalFlip,
    /// Grey in all three channels (ITU-R 601-2 luma).
    Grayscale,
    /// Levels times this factor; 0 is black, 1 changes nothing.
    Brightness(f64),
    /// Distance from the mean grey level times this factor; 1 changes nothing.
    Contrast(f64),
    /// Distance from grey times this factor; 0 is grey, 1 changes nothing.
    Saturation(f64),
    /// Distance from a 3x3 average times this factor; 0 is blurred, 1 changes nothing.
    Sharpness(f64),
    /// Turn of the hue, from -0.5 to 0.5 of the colour circle.
    Hue(f64),
    /// Every level becomes the brightest minus itself.
    Invert,
    /// Only this many high bits of every level stay, 0 to 8.
    Posterize(u32),
    /// Levels from this one of 0 to 255 on are inverted.
    Solarize(f64),
    /// Every channel is stretched to the full range.
    AutoContrast,
    /// Every channel's histogram is made flat.
    Equalize,
    /// Rows slide left by this many pixels a row from the top (positive) or right.
    ShearX(f64, PixelSampling),
    /// Columns slide up by this many pixels a column from the left (positive) or down.
    ShearY(f64, PixelSampling),
    /// Right and down by whole pixels.
    Translate {
        /// Pixels to the right.
        x: i32,
        /// Pixels down.
        y: i32,
    },
    /// Counter-clockwise about the centre, in degrees.
    Rotate(f64, PixelSampling),
    /// A rectangle of one colour.
    Erase {
        /// What is painted over.
        region: Region,
        /// Red, green and blue.
        value: [u8; 3],
    },
    /// Remembers the pixels, and begins a mixture with this share of them.
    MixBegin(f32),
    /// Adds this share of the pixels to the mixture and goes back to the remembered ones.
    MixAdd(f32),
    /// Puts the mixture in place of the pixels.
    MixEnd,
}

impl PixelOp {
    /// Changes `pixels` (RGB by row, `width` pixels a row). What a turn or shear uncovers is black.
    ///
    /// # Panics
    ///
    /// If the length of `pixels` is no multiple of `width * 3`, or if an erased region is not inside
    /// the image.
    pub fn apply<L: Level>(self, pixels: &mut [L], width: usize, scratch: &mut Scratch<L>) {
        let source = &mut scratch.source;
        match self {
            Self::HorizontalFlip => pixels::flip_horizontally(pixels, width),
            Self::VerticalFlip => pixels::flip_vertically(pixels, width),
            Self::Grayscale => colour::grayscale(pixels),
            Self::Brightness(factor) => colour::brightness(pixels, factor),
            Self::Contrast(factor) => colour::contrast(pixels, factor),
            Self::Saturation(factor) => colour::saturation(pixels, factor),
            Self::Sharpness(factor) => sharpness::sharpness(pixels, width, factor, source),
            Self::Hue(turn) => hue::turn(pixels, turn),
            Self::Invert => tables::invert(pixels),
            Self::Posterize(bits) => tables::posterize(pixels, bits),
            Self::Solarize(threshold) => tables::solarize(pixels, threshold),
            Self::AutoContrast => tables::auto_contrast(pixels),
            Self::Equalize => tables::equalize(pixels),
            Self::ShearX(slope, sampling) => {
                affine::apply(affine::shear_x(slope), sampling, pixels, width, source);
            }
            Self::ShearY(slope, sampling) => {
                affine::apply(affine::shear_y(slope), sampling, pixels, width, source);
            }
            Self::Translate { x, y } => {
                let matrix = affine::translation(x, y);
                affine::apply(matrix, PixelSampling::Nearest, pixels, width, source);
            }
            Self::Rotate(degrees, sampling) => {
                let matrix = affine::rotation(degrees, pixels.len() / (3 * width), width);
                affine::apply(matrix, sampling, pixels, width, source);
            }
            Self::Erase { region, value } => {
                erase(pixels, width, region, value.map(L::of_8_bits));
            }
            Self::MixBegin(share) => mixture::begin(pixels, share, scratch),
            Self::MixAdd(share) => mixture::add(pixels, share, scratch),
            Self::MixEnd => mixture::end(pixels, scratch),
        }
    }
}

fn erase<L: Level>(pixels: &mut [L], width: usize, region: Region, value: [L; 3]) {
    let rows = pixels.chunks_exact_mut(width * 3).skip(region.top).take(region.height);
    for row in rows {
        pixels::paint(&mut row[region.left * 3..][..region.width * 3], value);
    }
}
