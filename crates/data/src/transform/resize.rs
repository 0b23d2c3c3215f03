use fast_image_resize as fir;
use fir::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fir::pixels::U8x3;
use fir::{FilterType, ResizeAlg, ResizeOptions};

use super::aliased;
use super::interpolation::Interpolation;
use super::region::Region;
use crate::decode::RgbImage;

/// Resizing as Pillow does it (within 1 level), and the memory it needs.
#[derive(Debug, Default)]
pub struct Resizer {
    kernels: Kernels,
    resized: RgbImage,
}

impl Resizer {
    /// Resizes `region` of `image` to `height` x `width` pixels in `out` (`height * width * 3` bytes),
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
        image: &RgbImage,
        region: Region,
        height: usize,
        width: usize,
        out: &mut [u8],
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
        image: &RgbImage,
        region: Region,
        (height, width): (usize, usize),
        out: &mut [u8],
    ) -> Result<(), String> {
        self.kernels.resize(interpolation, image, region, (height, width), out)
    }

    /// The whole of `image` at another size; the image itself if it has that size.
    pub(super) fn whole<'a>(
        &'a mut self,
        interpolation: Interpolation,
        image: &'a RgbImage,
        height: usize,
        width: usize,
    ) -> Result<&'a RgbImage, String> {
        if (height, width) == (image.height, image.width) {
            return Ok(image);
        }
        let resized = &mut self.resized;
        (resized.height, resized.width) = (height, width);
        resized.pixels.resize(height * width * 3, 0);
        let whole = Region::whole(image.height, image.width);
        let out = &mut resized.pixels;
        self.kernels.resize(interpolation, image, whole, (height, width), out)?;
        Ok(resized)
    }
}

#[derive(Debug, Default)]
struct Kernels {
    fir: fir::Resizer,
    /// Resized in one direction only.
    widened: RgbImage,
}

impl Kernels {
    fn resize(
        &mut self,
        interpolation: Interpolation,
        image: &RgbImage,
        region: Region,
        size: (usize, usize),
        out: &mut [u8],
    ) -> Result<(), String> {
        use Interpolation::{Bicubic, Bilinear, BilinearAliased, BilinearTf1, Nearest};
        let bilinear = FilterType::Bilinear;
        match interpolation {
            Nearest => aliased::nearest(image, region, size, out),
            BilinearTf1 => aliased::bilinear_tf1(image, region, size, out),
            Bilinear => self.convolve(ResizeAlg::Convolution(bilinear), image, region, size, out),
            BilinearAliased => {
                self.convolve(ResizeAlg::Interpolation(bilinear), image, region, size, out)
            }
            Bicubic => self.bicubic(image, region, size, out),
        }
    }

    /// Across first, then down, as Pillow does. The order matters, because the levels that overshoot
    /// are cut in between; `fast_image_resize` would go down first.
    fn bicubic(
        &mut self,
        image: &RgbImage,
        region: Region,
        (height, width): (usize, usize),
        out: &mut [u8],
    ) -> Result<(), String> {
        let algorithm = ResizeAlg::Convolution(FilterType::CatmullRom);
        if height == region.height || width == region.width {
            return self.convolve(algorithm, image, region, (height, width), out);
        }
        let mut widened = std::mem::take(&mut self.widened);
        (widened.height, widened.width) = (region.height, width);
        widened.pixels.resize(region.height * width * 3, 0);
        let across = (region.height, width);
        let done = self.convolve(algorithm, image, region, across, &mut widened.pixels);
        let whole = Region::whole(region.height, width);
        let done =
            done.and_then(|()| self.convolve(algorithm, &widened, whole, (height, width), out));
        self.widened = widened;
        done
    }

    fn convolve(
        &mut self,
        algorithm: ResizeAlg,
        image: &RgbImage,
        region: Region,
        (height, width): (usize, usize),
        out: &mut [u8],
    ) -> Result<(), String> {
        let failed = |error: &dyn std::fmt::Display| format!("cannot resize {region:?}: {error}");
        let (image_width, image_height) = (side(image.width)?, side(image.height)?);
        let pixels = TypedImageRef::<U8x3>::from_buffer(image_width, image_height, &image.pixels)
            .map_err(|error| failed(&error))?;
        let [left, top] = [side(region.left)?, side(region.top)?];
        let [part_width, part_height] = [side(region.width)?, side(region.height)?];
        let part = TypedCroppedImage::from_ref(&pixels, left, top, part_width, part_height)
            .map_err(|error| failed(&error))?;
        let mut resized = TypedImage::<U8x3>::from_buffer(side(width)?, side(height)?, out)
            .map_err(|error| failed(&error))?;
        let options = ResizeOptions::new().resize_alg(algorithm).use_alpha(false);
        self.fir.resize_typed(&part, &mut resized, &options).map_err(|error| failed(&error))
    }
}

fn side(pixels: usize) -> Result<u32, String> {
    u32::try_from(pixels).map_err(|_overflow| format!("{pixels} pixels are too many"))
}
