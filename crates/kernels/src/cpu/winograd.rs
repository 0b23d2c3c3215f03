//! Convolutions of 3×3 and stride 1 by Winograd's minimal filtering F(2×2, 3×3), as
//! [Lavin and Gray 2015](https://arxiv.org/abs/1509.09308) describe it: 16 products make four pixels, not 36.
//!
//! A tile of 4×4 pixels of the source is transformed, multiplied by transformed weights, which are packed as
//! those of a kernel of 16 taps, and transformed back to 2×2 pixels of the target. Tiles overlap, so a number
//! that is not finite would reach pixels that do not see it, and a great one their sums: such tiles are left to
//! the direct product.

mod product;
mod tiles;
mod transform;
mod weight_gradient;
mod weights;

use super::geometry::Geometry;
pub(crate) use product::Product;
pub(crate) use tiles::Tiles;
pub(crate) use weight_gradient::weight_gradient;
pub(crate) use weights::{backward, forward};

/// Products of a tile.
const PRODUCTS: usize = 16;
/// Weights of a kernel.
const TAPS: usize = 9;
/// Numbers between the first numbers of two products beyond those of their tiles: were it a multiple of the
/// cache's size, they would drive each other out.
const MARGIN: usize = 16;
/// Pixels of a tile of the target, along each side.
const SIDE: usize = 2;
/// Channels from which the products are worth the transforms.
const CHANNELS: usize = 32;
/// Pixels from which they are worth transforming weights that are not used again.
const PIXELS: usize = 192;

/// Whether it pays for `geometry` and a `target` of such a size, if the weights are transformed once: for
/// enough channels, and images that tiles fill.
pub(crate) fn pays(geometry: &Geometry, target: [usize; 2]) -> bool {
    let Geometry { groups, kernel, stride, dilation, in_channels, out_channels, .. } = *geometry;
    let is_plain = (groups, kernel, stride, dilation) == (1, [3, 3], [1, 1], [1, 1]);
    let [tiles, pixels] = [target.map(|side| side.div_ceil(SIDE)), target].map(|[h, w]| h * w);
    let is_filled = pixels > 0 && 4 * PRODUCTS * tiles <= 3 * TAPS * pixels;
    is_plain && is_filled && in_channels.min(out_channels) >= CHANNELS
}

/// Whether it pays for one batch.
pub(crate) fn pays_once(geometry: &Geometry, target: [usize; 2]) -> bool {
    pays(geometry, target) && geometry.batch * target[0] * target[1] >= PIXELS
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry(
        batch: usize,
        channels: usize,
        kernel: usize,
        stride: usize,
        side: usize,
    ) -> Geometry {
        let output = side.div_ceil(stride);
        Geometry {
            batch,
            in_channels: channels,
            out_channels: channels,
            groups: 1,
            input: [side; 2],
            output: [output; 2],
            kernel: [kernel; 2],
            stride: [stride; 2],
            padding: [kernel / 2; 2],
            dilation: [1; 2],
        }
    }

    #[test]
    fn it_pays_for_the_stages_of_resnets() {
        for (channels, side) in [(64, 56), (128, 28), (256, 14), (512, 7), (64, 16), (512, 2)] {
            let geometry = geometry(8, channels, 3, 1, side);
            assert!(pays(&geometry, geometry.output), "{channels}, {side}x{side}");
        }
    }

    #[test]
    fn it_does_not_pay_for_other_kernels_and_images_that_tiles_do_not_fill() {
        for geometry in [
            geometry(8, 64, 1, 1, 56),
            geometry(8, 64, 3, 2, 56),
            geometry(8, 16, 3, 1, 56),
            geometry(8, 64, 3, 1, 1),
            Geometry { groups: 2, ..geometry(8, 64, 3, 1, 56) },
        ] {
            assert!(!pays(&geometry, geometry.output), "{geometry:?}");
        }
    }

    #[test]
    fn weights_that_are_used_once_need_pixels() {
        let geometry = geometry(1, 512, 3, 1, 7);
        assert!(pays(&geometry, geometry.output) && !pays_once(&geometry, geometry.output));
    }
}
