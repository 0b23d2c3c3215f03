//! Several looks at one image, whose predictions are averaged.

use super::Transform;
use super::crop::Crop;
use super::pixels::{Window, flip_horizontally};
use super::region::centre_offset;
use super::scratch::Scratch;
use crate::decode::RgbImage;
use crate::level::Level;
use crate::random::SampleRng;

/// How many looks an evaluation takes at an image, and which.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Views {
    /// The result of the transform.
    #[default]
    Single,
    /// The result of the transform, and its mirror image.
    Flip,
    /// The four corners and the centre of the resized image, then the same of its mirror image, in
    /// the order of torchvision's `TenCrop`.
    TenCrop,
}

impl Views {
    /// Number of images for each image.
    #[must_use]
    pub fn count(self) -> usize {
        match self {
            Self::Single => 1,
            Self::Flip => 2,
            Self::TenCrop => 10,
        }
    }
}

impl Transform {
    /// Writes every view of an image to `out`, one after the other: `views.count() * size * size * 3`
    /// levels. Random steps draw the same for every image, so this is for evaluation transforms.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply); and for [`Views::TenCrop`] a text that says so if the crop is not
    /// `ResizeCenterCrop` or the resized image is smaller than the crop.
    ///
    /// # Panics
    ///
    /// If `out` or `image.pixels` has another length than said above.
    pub fn views<L: Level>(
        &self,
        image: &RgbImage<L>,
        views: Views,
        scratch: &mut Scratch<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        if views == Views::TenCrop {
            return self.ten_crops(image, scratch, out);
        }
        let (first, second) = out.split_at_mut(self.size * self.size * 3);
        self.apply(image, &mut fixed_draws(), scratch, first)?;
        if views == Views::Flip {
            second.copy_from_slice(first);
            flip_horizontally(second, self.size);
        }
        Ok(())
    }

    fn ten_crops<L: Level>(
        &self,
        image: &RgbImage<L>,
        scratch: &mut Scratch<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        let Self { size, crop, interpolation, .. } = *self;
        if !matches!(crop, Crop::ResizeCenterCrop { .. }) {
            return Err(format!("ten crops need the crop ResizeCenterCrop, not {crop:?}"));
        }
        let (height, width) = crop.resized(image, size);
        if height < size || width < size {
            return Err(format!(
                "ten crops of {size}x{size} need more than {width}x{height} pixels"
            ));
        }
        let whole = scratch.resizer.whole(interpolation, image, height, width)?;
        let [bottom, right] = [height - size, width - size].map(usize::cast_signed);
        let centre = (centre_offset(height, size), centre_offset(width, size));
        let five = [(0, 0), (0, right), (bottom, 0), (bottom, right), centre];
        let window = |offset| Window { offset, size, fill: [L::default(); 3] };
        let (straight, mirrored) = out.split_at_mut(five.len() * size * size * 3);
        let images = |half| <[L]>::chunks_exact_mut(half, size * size * 3).zip(five);
        for (out, offset) in images(straight) {
            window(offset).copy(whole, out);
        }
        for (out, (top, left)) in images(mirrored) {
            window((top, right - left)).copy(whole, out);
            flip_horizontally(out, size);
        }
        for view in out.chunks_exact_mut(size * size * 3) {
            self.apply_steps(&mut fixed_draws(), scratch, view);
        }
        Ok(())
    }
}

fn fixed_draws() -> SampleRng {
    SampleRng::for_sample(0, 0, 0)
}
