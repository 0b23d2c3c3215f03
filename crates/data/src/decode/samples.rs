//! What a codec gives, before it becomes RGB of one depth.

use super::RgbImage;
use crate::level::Level;
use crate::pixels::Pixels;

/// An image of one to four samples a pixel: grey, grey and transparency, RGB, RGB and transparency.
pub(super) struct Samples {
    pub(super) height: usize,
    pub(super) width: usize,
    pub(super) channels: usize,
    pub(super) levels: Pixels,
}

impl Samples {
    /// Without transparency, of the depth of `image`: 8 bits are scaled by 257, of 16 the upper 8 stay.
    pub(super) fn write_to<L: Level>(&self, image: &mut RgbImage<L>) {
        (image.height, image.width) = (self.height, self.width);
        image.pixels.clear();
        match &self.levels {
            Pixels::Eight(levels) => spread(levels, self.channels, L::of_8_bits, image),
            Pixels::Sixteen(levels) => spread(levels, self.channels, L::of_16_bits, image),
        }
    }
}

fn spread<S: Copy, L: Level>(
    samples: &[S],
    channels: usize,
    convert: fn(S) -> L,
    image: &mut RgbImage<L>,
) {
    for pixel in samples.chunks_exact(channels) {
        let colour = match *pixel {
            [red, green, blue] | [red, green, blue, _] => [red, green, blue],
            _ => [pixel[0]; 3],
        };
        image.pixels.extend(colour.map(convert));
    }
}
