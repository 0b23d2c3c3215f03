use fast_image_resize as fir;
use fir::images::{TypedCroppedImage, TypedImage, TypedImageRef};
use fir::pixels::U8x3;
use fir::{FilterType, ResizeAlg, ResizeOptions};

use super::pixels;
use super::region::{Region, centre_offset, shorter_side_to};
use crate::decode::RgbImage;

/// Bilinear resizing with antialiasing, as Pillow does it (within 1 level), and the memory it needs.
#[derive(Debug, Default)]
pub struct Resizer {
    fir: fir::Resizer,
    resized: RgbImage,
}

impl Resizer {
    /// Resizes `region` of `image` to `height` x `width` pixels in `out` (`height * width * 3` bytes).
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
        resize_with(&mut self.fir, image, region, (height, width), out)
    }

    /// Shorter side to `resize`, then the centre `size` x `size` pixels, black where there are none.
    pub(super) fn center_crop(
        &mut self,
        image: &RgbImage,
        resize: usize,
        size: usize,
        out: &mut [u8],
    ) -> Result<(), String> {
        let (height, width) = shorter_side_to(resize, image.height, image.width);
        let offset = (centre_offset(height, size), centre_offset(width, size));
        if (height, width) == (image.height, image.width) {
            pixels::window(image, offset, size, out);
            return Ok(());
        }
        let resized = &mut self.resized;
        (resized.height, resized.width) = (height, width);
        resized.pixels.resize(height * width * 3, 0);
        let whole = Region::whole(image.height, image.width);
        resize_with(&mut self.fir, image, whole, (height, width), &mut resized.pixels)?;
        pixels::window(resized, offset, size, out);
        Ok(())
    }
}

fn resize_with(
    fir: &mut fir::Resizer,
    image: &RgbImage,
    region: Region,
    (height, width): (usize, usize),
    out: &mut [u8],
) -> Result<(), String> {
    let failed = |error: &dyn std::fmt::Display| format!("cannot resize {region:?}: {error}");
    let pixels =
        TypedImageRef::<U8x3>::from_buffer(side(image.width)?, side(image.height)?, &image.pixels)
            .map_err(|error| failed(&error))?;
    let [left, top] = [side(region.left)?, side(region.top)?];
    let part =
        TypedCroppedImage::from_ref(&pixels, left, top, side(region.width)?, side(region.height)?)
            .map_err(|error| failed(&error))?;
    let mut resized = TypedImage::<U8x3>::from_buffer(side(width)?, side(height)?, out)
        .map_err(|error| failed(&error))?;
    let options = ResizeOptions::new()
        .resize_alg(ResizeAlg::Convolution(FilterType::Bilinear))
        .use_alpha(false);
    fir.resize_typed(&part, &mut resized, &options).map_err(|error| failed(&error))
}

fn side(pixels: usize) -> Result<u32, String> {
    u32::try_from(pixels).map_err(|_overflow| format!("{pixels} pixels are too many"))
}
