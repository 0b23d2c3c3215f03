//! A part of an image, by rows.

use std::ops::Range;

use super::region::Region;
use crate::decode::RgbImage;
use crate::level::Level;

/// A part of an image, by rows.
#[derive(Clone, Copy)]
pub(super) struct Part<'a, L = u8> {
    pixels: &'a [[L; 3]],
    image_width: usize,
    pub(super) region: Region,
}

impl<'a, L: Level> Part<'a, L> {
    pub(super) fn of(image: &'a RgbImage<L>, region: Region) -> Result<Self, String> {
        let Region { top, left, height, width } = region;
        let inside = top + height <= image.height && left + width <= image.width;
        if !inside || height == 0 || width == 0 {
            return Err(format!("cannot resize {region:?}: it is empty or not inside the image"));
        }
        let (pixels, _) = image.pixels.as_chunks();
        Ok(Self { pixels, image_width: image.width, region })
    }

    /// All of an image, which has as many pixels as this says.
    pub(super) fn whole(pixels: &'a [L], height: usize, width: usize) -> Self {
        let region = Region::whole(height, width);
        Self { pixels: pixels.as_chunks().0, image_width: width, region }
    }

    /// Some of its rows and columns.
    pub(super) fn within(self, rows: &Range<usize>, columns: &Range<usize>) -> Self {
        let Region { top, left, .. } = self.region;
        let (top, left) = (top + rows.start, left + columns.start);
        Self { region: Region { top, left, height: rows.len(), width: columns.len() }, ..self }
    }

    #[inline(always)]
    pub(super) fn row(self, row: usize) -> &'a [[L; 3]] {
        let start = (self.region.top + row) * self.image_width + self.region.left;
        &self.pixels[start..][..self.region.width]
    }

    /// The same pixels, whose levels have 8 bits.
    pub(super) fn eight(self) -> Part<'a> {
        let Self { pixels, image_width, region } = self;
        Part { pixels: bytemuck::cast_slice(pixels), image_width, region }
    }
}
