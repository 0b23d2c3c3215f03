//! The geometric step: from an image of any size to `size` x `size` pixels.

use super::distorted::distorted_box;
use super::interpolation::Interpolation;
use super::pixels::Window;
use super::region::{Region, centre_offset, longer_side_to, random_resized_crop, shorter_side_to};
use super::resize::Resizer;
use super::{checks, checks::require};
use crate::decode::RgbImage;
use crate::error::DataError;
use crate::level::Level;
use crate::random::SampleRng;

/// How an image of any size becomes `size` x `size` pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub enum Crop {
    /// A random part of the image, resized: the usual training crop for photographs (torchvision's
    /// `RandomResizedCrop`).
    RandomResizedCrop {
        /// Smallest and largest area of the part, as a share of the image.
        scale: (f64, f64),
        /// Smallest and largest width divided by height of the part, drawn evenly on a logarithmic
        /// scale.
        ratio: (f64, f64),
    },
    /// A random part of the image, resized, drawn as TensorFlow's `sample_distorted_bounding_box`
    /// draws it for an image without boxes.
    DistortedBox {
        /// Smallest and largest area of the part, as a share of the image.
        scale: (f64, f64),
        /// Smallest and largest width divided by height of the part, drawn evenly.
        ratio: (f64, f64),
        /// Parts with a smaller share of the image are drawn again.
        min_covered: f64,
        /// Draws before the whole image is taken.
        tries: u32,
    },
    /// Black borders, then a random part without resizing: the usual training crop for small images
    /// (torchvision's `RandomCrop` with padding).
    PadCrop {
        /// Pixels added on each of the four sides.
        pad: usize,
    },
    /// The shorter side to `resize` pixels, then the centre: the usual evaluation crop
    /// (torchvision's `Resize`, then `CenterCrop`). Where the resized image is smaller than the
    /// result, the border is black.
    ResizeCenterCrop {
        /// Shorter side in pixels before the crop.
        resize: usize,
    },
    /// The same as TensorFlow's official ResNet rounds it: sizes in single precision, halves down.
    TensorFlowCenterCrop {
        /// Shorter side in pixels before the crop.
        resize: usize,
    },
    /// The whole image, resized without regard to its aspect (torchvision's `Resize((size, size))`).
    Squash,
    /// The whole image with its aspect, in the centre of a border (Pillow's `ImageOps.pad`).
    Letterbox {
        /// Red, green and blue of the border.
        fill: [u8; 3],
    },
}

impl Crop {
    /// [`RandomResizedCrop`](Self::RandomResizedCrop) with torchvision's defaults: 8 % to 100 % of
    /// the area, aspect 3:4 to 4:3.
    #[must_use]
    pub fn random_resized() -> Self {
        Self::RandomResizedCrop { scale: (0.08, 1.0), ratio: (3.0 / 4.0, 4.0 / 3.0) }
    }

    /// [`DistortedBox`](Self::DistortedBox) with the values of TensorFlow's official ResNet: 5 % to
    /// 100 % of the area but no less than 10 %, aspect 0.75 to 1.33, 100 tries.
    #[must_use]
    pub fn distorted_box() -> Self {
        Self::DistortedBox { scale: (0.05, 1.0), ratio: (0.75, 1.33), min_covered: 0.1, tries: 100 }
    }

    /// The part of an image that becomes the result; the whole of it where that is the crop's to decide.
    pub(super) fn draw_region(self, height: usize, width: usize, rng: &mut SampleRng) -> Region {
        match self {
            Self::RandomResizedCrop { scale, ratio } => {
                random_resized_crop(height, width, scale, ratio, rng)
            }
            Self::DistortedBox { scale, ratio, min_covered, tries } => {
                distorted_box(height, width, scale, ratio, min_covered, tries, rng)
            }
            _ => Region::whole(height, width),
        }
    }

    /// Brings `region`, which was drawn of `image`, to `size` x `size` pixels.
    pub(super) fn apply<L: Level>(
        self,
        image: &RgbImage<L>,
        region: Region,
        (size, interpolation): (usize, Interpolation),
        rng: &mut SampleRng,
        resizer: &mut Resizer<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        match self {
            Self::RandomResizedCrop { .. } | Self::DistortedBox { .. } | Self::Squash => {
                resizer.resize_by(interpolation, image, region, (size, size), out)
            }
            Self::PadCrop { pad } => {
                let offset = pad_crop_offset(image, size, pad, rng)?;
                Window { offset, size, fill: [L::default(); 3] }.copy(image, out);
                Ok(())
            }
            Self::ResizeCenterCrop { .. }
            | Self::TensorFlowCenterCrop { .. }
            | Self::Letterbox { .. } => {
                let resized = self.resized(image, size);
                let fill = self.fill().map(L::of_8_bits);
                let window = Window { offset: self.offset(resized, size), size, fill };
                resizer.window(interpolation, image, resized, window, out)
            }
        }
    }

    /// Height and width of the whole image before the crop at its centre.
    pub(super) fn resized<L>(self, image: &RgbImage<L>, size: usize) -> (usize, usize) {
        match self {
            Self::ResizeCenterCrop { resize } => shorter_side_to(resize, image.height, image.width),
            Self::TensorFlowCenterCrop { resize } => {
                tensorflow_shorter_side_to(resize, image.height, image.width)
            }
            _ => longer_side_to(size, image.height, image.width),
        }
    }

    fn offset(self, (height, width): (usize, usize), size: usize) -> (isize, isize) {
        let offset = |extent: usize| match self {
            Self::TensorFlowCenterCrop { .. } => {
                (extent.cast_signed() - size.cast_signed()).div_euclid(2)
            }
            Self::Letterbox { .. } => -centre_offset(size, extent),
            _ => centre_offset(extent, size),
        };
        (offset(height), offset(width))
    }

    fn fill(self) -> [u8; 3] {
        if let Self::Letterbox { fill } = self { fill } else { [0; 3] }
    }

    pub(super) fn check(self) -> Result<(), DataError> {
        match self {
            Self::RandomResizedCrop { scale, ratio } => {
                checks::share("scale", scale)?;
                checks::ratio("ratio", ratio)
            }
            Self::DistortedBox { scale, ratio, min_covered, tries } => {
                checks::share("scale", scale)?;
                checks::ratio("ratio", ratio)?;
                let covered = (0.0..=1.0).contains(&min_covered);
                require(covered, "min_covered", "a share from 0 to 1", &min_covered)?;
                require((1..=10_000).contains(&tries), "tries", "from 1 to 10000", &tries)
            }
            Self::PadCrop { pad } => require(pad <= 65_535, "pad", "at most 65535", &pad),
            Self::ResizeCenterCrop { resize } | Self::TensorFlowCenterCrop { resize } => {
                checks::side("resize", resize)
            }
            Self::Squash | Self::Letterbox { .. } => Ok(()),
        }
    }
}

/// TensorFlow's `_smallest_size_at_least`, which computes in single precision and truncates both
/// sides: the shorter one may lose a pixel.
fn tensorflow_shorter_side_to(side: usize, height: usize, width: usize) -> (usize, usize) {
    let ratio = side as f32 / height.min(width) as f32;
    let scaled = |extent: usize| ((extent as f32 * ratio) as usize).max(1);
    (scaled(height), scaled(width))
}

/// Top and left of a random window of the padded image, in coordinates of the image itself (so
/// they may be negative). Drawn in torchvision's order: rows, then columns.
fn pad_crop_offset<L>(
    image: &RgbImage<L>,
    size: usize,
    pad: usize,
    rng: &mut SampleRng,
) -> Result<(isize, isize), String> {
    let mut draw = |extent: usize| {
        let room = (extent + 2 * pad).checked_sub(size).ok_or_else(|| {
            let (width, height) = (image.width, image.height);
            format!("{width}x{height} pixels with a border of {pad} are smaller than {size}x{size}")
        })?;
        Ok::<_, String>(rng.below(room as u64 + 1).cast_signed() as isize - pad.cast_signed())
    };
    Ok((draw(image.height)?, draw(image.width)?))
}
