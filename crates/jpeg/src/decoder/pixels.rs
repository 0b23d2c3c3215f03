//! From the planes to the pixels of a region.

use super::Decoder;
use crate::colour;
use crate::header::{ColourModel, ImageInfo};
use crate::memory::resize;
use crate::planes::Plane;
use crate::region::Region;
use crate::upsample::{Row, Upsampling};
use crate::wide::{Wide, Work};

impl Decoder {
    /// Computes the pixels of `region`, of which the planes hold the samples.
    pub(super) fn write_rgb(&mut self, info: &ImageInfo, region: Region, out: &mut Vec<u8>) {
        resize(out, region.height * region.width * 3, 0);
        let Self { wide, planes, upsampling, rows, .. } = self;
        wide.run(WriteRgb {
            wide: *wide,
            colour: info.colour,
            region,
            planes,
            upsampling,
            rows,
            out,
        });
    }
}

/// Computes the pixels of a region from the planes.
struct WriteRgb<'r> {
    wide: Wide,
    colour: ColourModel,
    region: Region,
    planes: &'r [Plane; 4],
    upsampling: &'r [Upsampling; 4],
    rows: &'r mut [Row; 4],
    out: &'r mut [u8],
}

impl Work for WriteRgb<'_> {
    type Output = ();

    #[inline(always)]
    fn run(self) {
        let Self { wide, colour, region, planes, upsampling, rows, out } = self;
        for (row, out) in region.rows().zip(out.chunks_exact_mut(3 * region.width)) {
            let mut inputs: [&[u8]; 4] = [&[]; 4];
            for (index, pixels) in rows[..colour.components()].iter_mut().enumerate() {
                let (plane, upsampling) = (&planes[index], upsampling[index]);
                inputs[index] = pixels.compute(plane, upsampling, row, region.columns());
            }
            colour::to_rgb(wide, colour, inputs, out);
        }
    }
}
