//! Packed weights for Winograd's products: those of a kernel of 16 taps.

use pulp::NullaryFnOnce;

use super::{PRODUCTS, TAPS, transform};
use crate::cpu::geometry::Geometry;
use crate::cpu::weights::{Panel, Weights};
use crate::instructions::dispatch;

/// Kernels that are transformed together, side by side.
const LANES: usize = 16;
/// Channels that are transformed together, so that lines of the cache are read and written once.
const TOGETHER: usize = 8;

/// For the forward pass; none if the transforms are not good for such weights.
pub(crate) fn forward(geometry: &Geometry, weights: &[f32]) -> Option<Weights> {
    let (rows, depth) = (geometry.out_channels, geometry.in_channels);
    let strides = (depth, 1);
    pack(Kernels { weights, strides, turned: false }, rows, depth)
}

/// For the data gradient: input and output channels exchanged, kernels turned round.
pub(crate) fn backward(geometry: &Geometry, weights: &[f32]) -> Option<Weights> {
    let (rows, depth) = (geometry.in_channels, geometry.out_channels);
    pack(Kernels { weights, strides: (1, rows), turned: true }, rows, depth)
}

/// Kernels, one for each row and each channel of the depth.
#[derive(Clone, Copy)]
struct Kernels<'a> {
    weights: &'a [f32],
    /// Kernels from one row to the next, and from one channel.
    strides: (usize, usize),
    turned: bool,
}

fn pack(kernels: Kernels<'_>, rows: usize, depth: usize) -> Option<Weights> {
    let fill = |panel: Panel, to: &mut [f32]| dispatch(PackPanel { kernels, panel, depth, to });
    transform::fits(kernels.weights).then(|| Weights::pack([1, rows, depth], PRODUCTS, fill))
}

/// One panel, `[products, depth, width]`.
struct PackPanel<'a> {
    kernels: Kernels<'a>,
    panel: Panel,
    depth: usize,
    to: &'a mut [f32],
}

impl NullaryFnOnce for PackPanel<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Self { kernels, panel: Panel { channels, width, .. }, depth, to } = self;
        let block = TOGETHER * width;
        let mut transformed = vec![0.0; PRODUCTS * block];
        for first in (0..depth).step_by(TOGETHER) {
            let count = TOGETHER.min(depth - first);
            for lane in (0..channels.len()).step_by(LANES) {
                let lanes = lane..channels.len().min(lane + LANES);
                for channel in 0..count {
                    let mut together = [[0.0; LANES]; TAPS];
                    for (to, lane) in lanes.clone().enumerate() {
                        let row = channels.start + lane;
                        let start = row * kernels.strides.0 + (first + channel) * kernels.strides.1;
                        let kernel = &kernels.weights[start * TAPS..][..TAPS];
                        for (tap, weight) in kernel.iter().enumerate() {
                            let tap = if kernels.turned { TAPS - 1 - tap } else { tap };
                            together[tap][to] = *weight;
                        }
                    }
                    let products = transform::weights(&together);
                    for (product, weights) in products.iter().enumerate() {
                        let to = &mut transformed[product * block + channel * width..][..width];
                        let to = &mut to[lanes.clone()];
                        to.copy_from_slice(&weights[..lanes.len()]);
                    }
                }
            }
            for (product, from) in transformed.chunks_exact(block).enumerate() {
                let to = &mut to[(product * depth + first) * width..][..count * width];
                to.copy_from_slice(&from[..count * width]);
            }
        }
    }
}
