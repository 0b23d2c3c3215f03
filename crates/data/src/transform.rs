//! From a decoded image to the pixels of one slot of a batch.
//!
//! The reference is torchvision with Pillow images: same sampling of parameters, same rounding,
//! pixels within 1 level.

mod pixels;
mod region;
mod resize;

pub use region::{Region, random_resized_crop, shorter_side_to};
pub use resize::Resizer;

use crate::decode::RgbImage;
use crate::error::DataError;
use crate::random::SampleRng;

/// What is done to every image; the result has `size` x `size` pixels.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Transform {
    /// A random part of the image, resized: the usual training transform for photographs
    /// (torchvision's `RandomResizedCrop`, then `RandomHorizontalFlip`).
    RandomResizedCrop {
        /// Side of the result in pixels.
        size: usize,
        /// Smallest and largest area of the part, as a share of the image.
        scale: (f64, f64),
        /// Smallest and largest width divided by height of the part.
        ratio: (f64, f64),
        /// Probability of a horizontal flip.
        flip: f64,
    },
    /// Black borders, then a random part without resizing: the usual training transform for small
    /// images (torchvision's `RandomCrop` with padding, then `RandomHorizontalFlip`).
    PadCrop {
        /// Side of the result in pixels.
        size: usize,
        /// Pixels added on each of the four sides.
        pad: usize,
        /// Probability of a horizontal flip.
        flip: f64,
    },
    /// The shorter side to `resize` pixels, then the centre: the usual evaluation transform
    /// (torchvision's `Resize`, then `CenterCrop`).
    ResizeCenterCrop {
        /// Shorter side in pixels before the crop.
        resize: usize,
        /// Side of the result in pixels. Where it is larger than the resized image, the border is
        /// black.
        size: usize,
    },
}

impl Transform {
    /// torchvision's training transform for ImageNet: 8 % to 100 % of the area, aspect 3:4 to 4:3,
    /// every second image flipped.
    pub fn imagenet_train(size: usize) -> Self {
        Self::RandomResizedCrop {
            size,
            scale: (0.08, 1.0),
            ratio: (3.0 / 4.0, 4.0 / 3.0),
            flip: 0.5,
        }
    }

    /// torchvision's evaluation transform for ImageNet in its proportion of 256 to 224.
    pub fn imagenet_validation(size: usize) -> Self {
        Self::ResizeCenterCrop { resize: size * 256 / 224, size }
    }

    /// Side of the result in pixels.
    pub fn size(&self) -> usize {
        match *self {
            Self::RandomResizedCrop { size, .. }
            | Self::PadCrop { size, .. }
            | Self::ResizeCenterCrop { size, .. } => size,
        }
    }

    /// Writes the transformed image to `out`, which has `size * size * 3` bytes (RGB by row).
    ///
    /// All randomness comes from `rng`; `resizer` is reused memory.
    ///
    /// # Errors
    ///
    /// A text that says why the image cannot be transformed: it has no pixels, or `PadCrop` asks
    /// for more pixels than there are.
    ///
    /// # Panics
    ///
    /// If `out` or `image.pixels` has another length than said above.
    pub fn apply(
        &self,
        image: &RgbImage,
        rng: &mut SampleRng,
        resizer: &mut Resizer,
        out: &mut [u8],
    ) -> Result<(), String> {
        if image.height == 0 || image.width == 0 {
            return Err("the image has no pixels".to_owned());
        }
        match *self {
            Self::RandomResizedCrop { size, scale, ratio, flip } => {
                let region = random_resized_crop(image.height, image.width, scale, ratio, rng);
                resizer.resize(image, region, size, size, out)?;
                pixels::flip_with_chance(out, size, flip, rng);
            }
            Self::PadCrop { size, pad, flip } => {
                let offset = pad_crop_offset(image, size, pad, rng)?;
                pixels::window(image, offset, size, out);
                pixels::flip_with_chance(out, size, flip, rng);
            }
            Self::ResizeCenterCrop { resize, size } => {
                resizer.center_crop(image, resize, size, out)?;
            }
        }
        Ok(())
    }

    /// Checks that every parameter is in its range.
    pub(crate) fn check(&self) -> Result<(), DataError> {
        // Larger results than JPEG can hold are a slip, and their areas could overflow.
        let side = |option, value: usize| {
            let allowed = "from 1 to 65535";
            require((1..=65_535).contains(&value), option, allowed, &value)
        };
        side("size", self.size())?;
        match *self {
            Self::RandomResizedCrop { scale, ratio, flip, .. } => {
                let increasing =
                    |(low, high): (f64, f64)| 0.0 < low && low <= high && high.is_finite();
                let share = increasing(scale) && scale.1 <= 1.0;
                require(share, "scale", "two increasing shares above 0 and up to 1", &scale)?;
                require(increasing(ratio), "ratio", "two increasing numbers above 0", &ratio)?;
                probability(flip)
            }
            Self::PadCrop { pad, flip, .. } => {
                require(pad <= 65_535, "pad", "at most 65535", &pad)?;
                probability(flip)
            }
            Self::ResizeCenterCrop { resize, .. } => side("resize", resize),
        }
    }
}

fn probability(flip: f64) -> Result<(), DataError> {
    require((0.0..=1.0).contains(&flip), "flip", "a probability from 0 to 1", &flip)
}

pub(crate) fn require(
    good: bool,
    option: &'static str,
    allowed: &'static str,
    given: &impl std::fmt::Debug,
) -> Result<(), DataError> {
    if good {
        Ok(())
    } else {
        Err(DataError::Option { option, allowed, given: format!("{given:?}") })
    }
}

/// Top and left of a random window of the padded image, in coordinates of the image itself (so
/// they may be negative). Drawn in torchvision's order: rows, then columns.
fn pad_crop_offset(
    image: &RgbImage,
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
