//! From a decoded image to the pixels of one slot of a batch.
//!
//! A [`Transform`] is one geometric step, which brings the image to `size` x `size` pixels, and then
//! a list of steps on those pixels. The reference is torchvision with Pillow images: same sampling of
//! parameters, same rounding, pixels within 1 level.

mod affine;
mod aliased;
mod augment;
mod checks;
mod colour;
mod convolution;
mod crop;
mod display;
mod distorted;
mod hue;
mod interpolation;
mod magnitudes;
mod mixture;
mod op;
mod part;
mod pixels;
mod policies;
mod region;
mod resize;
mod scratch;
mod sharpness;
mod tables;
mod views;

pub(crate) use checks::require;

pub use augment::Augment;
pub use crop::Crop;
pub use distorted::distorted_box;
pub use interpolation::{Interpolation, PixelSampling};
pub use op::PixelOp;
pub use region::{Region, random_resized_crop, shorter_side_to};
pub use resize::Resizer;
pub use scratch::Scratch;
pub use views::Views;

use crate::decode::RgbImage;
use crate::error::DataError;
use crate::level::Level;
use crate::random::SampleRng;

/// What is done to every image; the result has `size` x `size` pixels.
///
/// It prints itself, one step after the other:
///
/// ```
/// use resnet_data::{Augment, Transform};
///
/// let transform = Transform::imagenet_train(224).then(Augment::rand_augment());
/// assert_eq!(
///     transform.to_string(),
///     "RandomResizedCrop(224, scale 0.08..1, ratio 0.75..1.3333, bilinear) -> HorizontalFlip(0.5) \
///      -> RandAugment(2 ops, magnitude 9 of 31, nearest)"
/// );
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Transform {
    /// Side of the result in pixels.
    pub size: usize,
    /// How the image is brought to that size.
    pub crop: Crop,
    /// How pixels between pixels are computed on the way; [`Crop::PadCrop`] needs none.
    pub interpolation: Interpolation,
    /// What is then done to the `size` x `size` pixels, in this order.
    pub augment: Vec<Augment>,
}

impl Transform {
    /// A crop with antialiased bilinear interpolation and nothing else.
    #[must_use]
    pub const fn new(size: usize, crop: Crop) -> Self {
        Self { size, crop, interpolation: Interpolation::Bilinear, augment: Vec::new() }
    }

    /// The same with one more step at the end.
    #[must_use]
    pub fn then(mut self, step: Augment) -> Self {
        self.augment.push(step);
        self
    }

    /// torchvision's training transform for ImageNet: 8 % to 100 % of the area, aspect 3:4 to 4:3,
    /// every second image flipped.
    #[must_use]
    pub fn imagenet_train(size: usize) -> Self {
        Self::new(size, Crop::random_resized()).then(Augment::HorizontalFlip { p: 0.5 })
    }

    /// torchvision's evaluation transform for ImageNet in its proportion of 256 to 224.
    #[must_use]
    pub fn imagenet_validation(size: usize) -> Self {
        Self::new(size, Crop::ResizeCenterCrop { resize: size * 256 / 224 })
    }

    /// The usual training transform for small images: `pad` black pixels on each side, a random
    /// crop, every second image flipped (He et al. 2015, section 4.2).
    #[must_use]
    pub fn pad_crop(size: usize, pad: usize) -> Self {
        Self::new(size, Crop::PadCrop { pad }).then(Augment::HorizontalFlip { p: 0.5 })
    }

    /// The training transform of TensorFlow's official ResNet (`imagenet_preprocessing.py`), which
    /// mirrors before it resizes, where this mirrors after.
    #[must_use]
    pub fn tensorflow_train(size: usize) -> Self {
        let crop = Self::new(size, Crop::distorted_box());
        Self { interpolation: Interpolation::BilinearTf1, ..crop }
            .then(Augment::HorizontalFlip { p: 0.5 })
    }

    /// Writes the transformed image to `out`, which has `size * size * 3` levels (RGB by row).
    ///
    /// All randomness comes from `rng`; `scratch` is reused memory.
    ///
    /// # Errors
    ///
    /// A text that says why the image cannot be transformed: it has no pixels, or `PadCrop` asks
    /// for more pixels than there are.
    ///
    /// # Panics
    ///
    /// If `out` or `image.pixels` has another length than said above.
    pub fn apply<L: Level>(
        &self,
        image: &RgbImage<L>,
        rng: &mut SampleRng,
        scratch: &mut Scratch<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        let region = self.draw_region(image.height, image.width, rng);
        self.apply_within(image, region, rng, scratch, out)
    }

    /// Draws the region of an image of this size that is made into the result: the first random step
    /// of [`apply`](Self::apply). It is the whole image unless the crop is a random part.
    pub fn draw_region(&self, height: usize, width: usize, rng: &mut SampleRng) -> Region {
        if height == 0 || width == 0 {
            return Region::whole(height, width);
        }
        self.crop.draw_region(height, width, rng)
    }

    /// As [`apply`](Self::apply), where `image` is only what [`draw_region`](Self::draw_region) drew
    /// from the same `rng`. The result is the same.
    ///
    /// # Errors
    ///
    /// As [`apply`](Self::apply).
    ///
    /// # Panics
    ///
    /// As [`apply`](Self::apply).
    pub fn apply_to_region<L: Level>(
        &self,
        image: &RgbImage<L>,
        rng: &mut SampleRng,
        scratch: &mut Scratch<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        self.apply_within(image, Region::whole(image.height, image.width), rng, scratch, out)
    }

    fn apply_within<L: Level>(
        &self,
        image: &RgbImage<L>,
        region: Region,
        rng: &mut SampleRng,
        scratch: &mut Scratch<L>,
        out: &mut [L],
    ) -> Result<(), String> {
        if image.height == 0 || image.width == 0 {
            return Err("the image has no pixels".to_owned());
        }
        let resizer = &mut scratch.resizer;
        let Self { size, crop, interpolation, .. } = *self;
        crop.apply(image, region, (size, interpolation), rng, resizer, out)?;
        self.apply_steps(rng, scratch, out);
        Ok(())
    }

    /// Everything but the crop, on pixels of the right size.
    fn apply_steps<L: Level>(
        &self,
        rng: &mut SampleRng,
        scratch: &mut Scratch<L>,
        pixels: &mut [L],
    ) {
        let mut ops = std::mem::take(&mut scratch.ops);
        for step in &self.augment {
            step.draw(self.size, self.size, rng, &mut ops);
            ops.drain(..).for_each(|op| op.apply(pixels, self.size, scratch));
        }
        scratch.ops = ops;
    }

    /// Checks that every parameter is in its range.
    ///
    /// # Errors
    ///
    /// [`DataError::Option`], which names the parameter, what is allowed and what was given.
    pub fn check(&self) -> Result<(), DataError> {
        checks::side("size", self.size)?;
        self.crop.check()?;
        self.augment.iter().try_for_each(Augment::check)
    }
}
