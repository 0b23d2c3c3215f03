//! Resizing a region of an image.

use super::aliased;
use super::convolution::{Convolution, Filter};
use super::interpolation::Interpolation;
use super::part::Part;
use super::pixels::Window;
use super::region::{Region, too_elongated};
use crate::decode::{MAX_PIXELS, RgbImage};
use crate::level::Level;

/// Resizing as Pillow does it (within 1 level), and the memory it needs.
#[derive(Debug, Default)]
pub struct Resizer<L = u8> {
    kernels: Kernels<L>,
    resized: RgbImage<L>,
}

impl<L: Level> Resizer<L> {
    /// Resizes `region` of `image` to `height` x `width` pixels in `out` (`height * width * 3` levels),
    /// bilinear and antialiased.
    ///
    /// The region is cut out first: pixels beside it have no influence. (A resizer that is given a
    /// box on the whole image lets its kernel reach outside, which differs from torchvision by up to
    /// 10 levels at the borders.)
    ///
    /// # Errors
    ///
    /// If `region` is empty or not inside the image.
    ///
    /// # Panics
    ///
    /// If `out` is too short.
    pub fn resize(
        &mut self,
        image: &RgbImage<L>,
        region: Region,
        height: usize,
        width: usize,
        out: &mut [L],
    ) -> Result<(), String> {
        self.resize_by(Interpolation::Bilinear, image, region, (height, width), out)
    }

    /// As [`resize`](Self::resize) to (height, width), with any interpolation.
    ///
    /// # Errors
    ///
    /// If `region` is empty or not inside the image.
    ///
    /// # Panics
    ///
    /// If `out` is too short.
    pub fn resize_by(
        &mut self,
        interpolation: Interpolation,
        image: &RgbImage<L>,
        region: Region,
        (height, width): (usize, usize),
        out: &mut [L],
    ) -> Result<(), String> {
        let (size, all) = ((height, width), Region::whole(height, width));
        self.kernels.resize(interpolation, image, (region, size, all), out)
    }

    /// What `window` shows of the whole of `image` at another `size` (height, width), and only that: of an
    /// elongated picture the whole may be larger than any memory.
    pub(super) fn window(
        &mut self,
        interpolation: Interpolation,
        image: &RgbImage<L>,
        size: (usize, usize),
        window: Window<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        if size == (image.height, image.width) {
            window.copy(image, out);
            return Ok(());
        }
        let (whole, seen) = (Region::whole(image.height, image.width), window.seen(size));
        if (seen.height, seen.width) == (window.size, window.size) {
            return self.kernels.resize(interpolation, image, (whole, size, seen), out);
        }
        let resized = memory_for(seen.height, seen.width, &mut self.resized);
        let inner = &mut resized.pixels;
        self.kernels.resize(interpolation, image, (whole, size, seen), inner)?;
        window.at(seen).copy(resized, out);
        Ok(())
    }

    /// The whole of `image` at another size; the image itself if it has that size.
    pub(super) fn whole<'a>(
        &'a mut self,
        interpolation: Interpolation,
        image: &'a RgbImage<L>,
        height: usize,
        width: usize,
    ) -> Result<&'a RgbImage<L>, String> {
        if (height, width) == (image.height, image.width) {
            return Ok(image);
        }
        if height.saturating_mul(width) > MAX_PIXELS {
            return Err(too_elongated((image.height, image.width), (height, width)));
        }
        let resized = memory_for(height, width, &mut self.resized);
        let (from, all) = (Region::whole(image.height, image.width), Region::whole(height, width));
        let out = &mut resized.pixels;
        self.kernels.resize(interpolation, image, (from, (height, width), all), out)?;
        Ok(resized)
    }
}

/// `image` with so many pixels, of any colour.
fn memory_for<L: Level>(height: usize, width: usize, image: &mut RgbImage<L>) -> &mut RgbImage<L> {
    (image.height, image.width) = (height, width);
    image.pixels.resize(height * width * 3, L::default());
    image
}

#[derive(Debug, Default)]
struct Kernels<L> {
    convolution: Convolution<L>,
}

impl<L: Level> Kernels<L> {
    /// Resizes `region` of `image` to `size` (height, width), of which `kept` comes to `out`.
    fn resize(
        &mut self,
        interpolation: Interpolation,
        image: &RgbImage<L>,
        (region, size, kept): (Region, (usize, usize), Region),
        out: &mut [L],
    ) -> Result<(), String> {
        let out = &mut out[..kept.height * kept.width * 3];
        let part = Part::of(image, region)?;
        if size.0.max(size.1) > MAX_PIXELS {
            return Err(too_elongated((region.height, region.width), size));
        }
        if out.is_empty() {
            return Ok(());
        }
        let filter = match interpolation {
            Interpolation::Nearest => {
                aliased::nearest(part, size, kept, out);
                return Ok(());
            }
            Interpolation::BilinearTf1 => {
                aliased::bilinear_tf1(part, size, kept, out);
                return Ok(());
            }
            Interpolation::Bilinear => Filter::Bilinear,
            Interpolation::BilinearAliased => Filter::BilinearAliased,
            Interpolation::Bicubic => Filter::Bicubic,
        };
        self.convolution.resize(filter, part, size, kept, out)
    }
}
