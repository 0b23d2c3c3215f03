//! Resizing a region of an image.

use super::aliased;
use super::convolution::{Convolution, Filter};
use super::interpolation::Interpolation;
use super::part::Part;
use super::region::Region;
use crate::decode::RgbImage;
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
        self.kernels.resize(interpolation, image, region, (height, width), out)
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
        let resized = &mut self.resized;
        (resized.height, resized.width) = (height, width);
        resized.pixels.resize(height * width * 3, L::default());
        let whole = Region::whole(image.height, image.width);
        let out = &mut resized.pixels;
        self.kernels.resize(interpolation, image, whole, (height, width), out)?;
        Ok(resized)
    }
}

#[derive(Debug, Default)]
struct Kernels<L> {
    convolution: Convolution<L>,
}

impl<L: Level> Kernels<L> {
    fn resize(
        &mut self,
        interpolation: Interpolation,
        image: &RgbImage<L>,
        region: Region,
        size: (usize, usize),
        out: &mut [L],
    ) -> Result<(), String> {
        let out = &mut out[..size.0 * size.1 * 3];
        let filter = match interpolation {
            Interpolation::Nearest => return aliased::nearest(image, region, size, out),
            Interpolation::BilinearTf1 => return aliased::bilinear_tf1(image, region, size, out),
            Interpolation::Bilinear => Filter::Bilinear,
            Interpolation::BilinearAliased => Filter::BilinearAliased,
            Interpolation::Bicubic => Filter::Bicubic,
        };
        let part = Part::of(image, region)?;
        if !out.is_empty() {
            self.convolution.resize(filter, part, size, out);
        }
        Ok(())
    }
}
