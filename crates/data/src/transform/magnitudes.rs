//! The operations of the automatic policies, and what their strengths mean.

use super::interpolation::PixelSampling;
use super::op::PixelOp;

/// An operation without its strength.
#[derive(Clone, Copy)]
pub(super) enum Kind {
    Identity,
    ShearX,
    ShearY,
    TranslateX,
    TranslateY,
    Rotate,
    Brightness,
    Color,
    Contrast,
    Sharpness,
    Posterize,
    Solarize,
    AutoContrast,
    Equalize,
    Invert,
}

impl Kind {
    /// Whether strengths are taken with a random sign.
    pub(super) fn is_signed(self) -> bool {
        use Kind::*;
        matches!(
            self,
            ShearX
                | ShearY
                | TranslateX
                | TranslateY
                | Rotate
                | Brightness
                | Color
                | Contrast
                | Sharpness
        )
    }

    /// Whether there are strengths at all.
    pub(super) fn has_strength(self) -> bool {
        self.is_signed() || matches!(self, Self::Posterize | Self::Solarize)
    }
}

/// The largest values of a policy, which strength `bins - 1` reaches.
pub(super) struct Ranges {
    pub(super) bins: usize,
    pub(super) shear: f32,
    /// Pixels to the right, pixels down.
    pub(super) translate: [f32; 2],
    pub(super) degrees: f32,
    /// Change of brightness, colour, contrast and sharpness.
    pub(super) enhance: f32,
    /// Bits that posterizing leaves at strength 0, and how many fewer at the largest.
    pub(super) posterize: (u32, f32),
}

impl Ranges {
    /// The ranges of AutoAugment and RandAugment; translations are for images of 331 pixels and
    /// grow with the image.
    pub(super) fn standard(bins: usize, (height, width): (usize, usize)) -> Self {
        let pixels = |extent: usize| (150.0 / 331.0 * extent as f64) as f32;
        Self {
            bins,
            shear: 0.3,
            translate: [pixels(width), pixels(height)],
            degrees: 30.0,
            enhance: 0.9,
            posterize: (8, 4.0),
        }
    }

    /// The ranges of TrivialAugment's wide space.
    pub(super) fn wide(bins: usize) -> Self {
        Self {
            bins,
            shear: 0.99,
            translate: [32.0; 2],
            degrees: 135.0,
            enhance: 0.99,
            posterize: (8, 6.0),
        }
    }

    /// The ranges of AugMix.
    pub(super) fn aug_mix(size: (usize, usize)) -> Self {
        let pixels = |extent: usize| (extent as f64 / 3.0) as f32;
        let translate = [pixels(size.1), pixels(size.0)];
        Self { translate, posterize: (4, 4.0), ..Self::standard(10, size) }
    }

    /// The operation at strength `index`; `None` for the identity.
    pub(super) fn op(
        &self,
        kind: Kind,
        index: usize,
        negative: bool,
        sampling: PixelSampling,
    ) -> Option<PixelOp> {
        let signed = |largest: f32| {
            let value = f64::from(self.spaced(0.0, largest, index));
            if negative { -value } else { value }
        };
        // Cut to whole pixels as torchvision cuts them.
        let pixels = |largest: f32| signed(largest) as i32;
        let factor = || 1.0 + signed(self.enhance);
        Some(match kind {
            Kind::Identity => return None,
            Kind::ShearX => PixelOp::ShearX(signed(self.shear), sampling),
            Kind::ShearY => PixelOp::ShearY(signed(self.shear), sampling),
            Kind::TranslateX => PixelOp::Translate { x: pixels(self.translate[0]), y: 0 },
            Kind::TranslateY => PixelOp::Translate { x: 0, y: pixels(self.translate[1]) },
            Kind::Rotate => PixelOp::Rotate(signed(self.degrees), sampling),
            Kind::Brightness => PixelOp::Brightness(factor()),
            Kind::Color => PixelOp::Saturation(factor()),
            Kind::Contrast => PixelOp::Contrast(factor()),
            Kind::Sharpness => PixelOp::Sharpness(factor()),
            Kind::Posterize => PixelOp::Posterize(self.bits(index)),
            Kind::Solarize => PixelOp::Solarize(self.spaced(255.0, 0.0, index).into()),
            Kind::AutoContrast => PixelOp::AutoContrast,
            Kind::Equalize => PixelOp::Equalize,
            Kind::Invert => PixelOp::Invert,
        })
    }

    /// Number `index` of `bins` evenly spaced ones, rounded as `torch.linspace` rounds: it counts
    /// from the nearer end, in single precision, and rounds once. (A translation by 15.999999 pixels
    /// becomes 15.)
    fn spaced(&self, start: f32, end: f32, index: usize) -> f32 {
        let step = (end - start) / (self.bins - 1) as f32;
        if index < self.bins / 2 {
            step.mul_add(index as f32, start)
        } else {
            step.mul_add(-((self.bins - 1 - index) as f32), end)
        }
    }

    fn bits(&self, index: usize) -> u32 {
        let (most, fewer) = self.posterize;
        let fewer = index as f32 / ((self.bins - 1) as f32 / fewer);
        most.saturating_sub(fewer.round_ties_even() as u32)
    }
}
