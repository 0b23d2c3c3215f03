//! The gradient of a convolution's weights.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;
use cubecl::{CubeLaunch, cmma};

use super::loads::{load_gradient, load_row_of_taps, load_tap};
use super::tiles::{gradient_tile, input_tile, store_tile, zeros};

/// Output and input channels of a tile.
pub(crate) const TILE: usize = 64;
/// Pixels that are in shared memory at once.
pub(crate) const DEPTH: usize = 32;
/// From one pixel to the next in shared memory; the gap spreads them over the memory's banks.
pub(super) const PITCH: usize = TILE + 8;
/// Threads that multiply matrices together.
pub(crate) const PLANE: u32 = 32;
/// Threads of a cube: four planes, each for a quarter of the tile.
pub(super) const THREADS: usize = 4 * PLANE as usize;

/// Of tensors and windows. Rows and columns without further words are the output's.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(crate) struct Sizes {
    /// Pixels of the output, of all images.
    pub(super) pixels: usize,
    pub(super) pixels_of_part: usize,
    pub(super) rows: usize,
    pub(super) columns: usize,
    pub(super) input_rows: usize,
    pub(super) input_columns: usize,
    pub(super) outputs: usize,
    pub(super) inputs: usize,
    /// Rows of the sums: output channels, in whole tiles.
    pub(super) height: usize,
    /// Columns of the sums: input channels or a row of taps, in whole tiles.
    pub(super) width: usize,
    pub(super) kernel_columns: usize,
    pub(super) stride_down: usize,
    pub(super) stride_right: usize,
    pub(super) padding_above: usize,
    pub(super) padding_left: usize,
}

/// Sums over the pixels of a part of `dy[pixel, output] * x[tap of pixel, input]`: for each part and tap
/// a matrix of outputs and inputs.
#[cube(launch)]
pub(crate) fn weight_gradient<E: Float, T: Float, N: Size, M: Size>(
    dy: &[Vector<E, N>],
    x: &[Vector<E, M>],
    sums: &mut [f32],
    sizes: &Sizes,
    #[comptime] is_narrow: bool,
    #[comptime] depth: usize,
    #[define(E, T)] _elements: [ElemType; 2],
) {
    let across = sizes.width / TILE;
    let output = (CUBE_POS_X as usize / across) * TILE;
    let input = (CUBE_POS_X as usize % across) * TILE;
    let tap = CUBE_POS_Y as usize;
    let mut left = Shared::<[T]>::new_aligned_slice(DEPTH * PITCH, 16usize);
    let mut right = Shared::<[T]>::new_aligned_slice(DEPTH * PITCH, 16usize);
    let down = (UNIT_POS_Y as usize / 2) * 32;
    let beside = (UNIT_POS_Y as usize % 2) * 32;
    let c00 = zeros(depth);
    let c01 = zeros(depth);
    let c10 = zeros(depth);
    let c11 = zeros(depth);

    let mut first = CUBE_POS_Z as usize * sizes.pixels_of_part;
    let end = clamp_max(first + sizes.pixels_of_part, sizes.pixels);
    while first < end {
        load_gradient::<E, T, N>(dy, &mut left, first, end, output, sizes.outputs);
        if is_narrow {
            load_row_of_taps::<E, T, M>(x, &mut right, first, end, tap, sizes);
        } else {
            load_tap::<E, T, M>(x, &mut right, first, end, tap, input, sizes);
        }
        sync_cube();
        #[unroll]
        for k in 0..DEPTH / depth {
            let row = k * depth * PITCH;
            let a0 = gradient_tile::<T>(&left, row + down, depth);
            let a1 = gradient_tile::<T>(&left, row + down + 16, depth);
            let b0 = input_tile::<T>(&right, row + beside, depth);
            let b1 = input_tile::<T>(&right, row + beside + 16, depth);
            cmma::execute(&a0, &b0, &c00, &c00);
            cmma::execute(&a0, &b1, &c01, &c01);
            cmma::execute(&a1, &b0, &c10, &c10);
            cmma::execute(&a1, &b1, &c11, &c11);
        }
        sync_cube();
        first += DEPTH;
    }

    let matrix = (CUBE_POS_Z * CUBE_COUNT_Y + CUBE_POS_Y) as usize;
    let corner = (matrix * sizes.height + output + down) * sizes.width + input + beside;
    store_tile(sums, &c00, corner, sizes.width);
    store_tile(sums, &c01, corner + 16, sizes.width);
    store_tile(sums, &c10, corner + 16 * sizes.width, sizes.width);
    store_tile(sums, &c11, corner + 16 * sizes.width + 16, sizes.width);
}

#[cube]
fn clamp_max(value: usize, most: usize) -> usize {
    select(value < most, value, most)
}

/// Adds the parts and writes the sums as `[output, input, row, column]`.
#[cube(launch)]
pub(crate) fn add_parts<E: Float>(
    sums: &Tensor<f32>,
    gradient: &mut Tensor<E>,
    parts: usize,
    outputs: usize,
    inputs: usize,
    kernel_rows: usize,
    kernel_columns: usize,
    height: usize,
    width: usize,
    #[comptime] is_narrow: bool,
    #[define(E)] _element: ElemType,
) {
    let taps = kernel_rows * kernel_columns;
    let count = outputs * inputs * taps;
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    // In the order of the sums, so that neighbours read neighbours.
    let input = index % inputs;
    let rest = index / inputs;
    if is_narrow {
        let column = rest % kernel_columns;
        let output = (rest / kernel_columns) % outputs;
        let row = rest / kernel_columns / outputs;
        let at = (row * height + output) * width + column * inputs + input;
        let sum = sum_of_parts(sums, at, kernel_rows * height * width, parts);
        let tap = row * kernel_columns + column;
        gradient[(output * inputs + input) * taps + tap] = E::cast_from(sum);
    } else {
        let output = rest % outputs;
        let tap = rest / outputs;
        let at = (tap * height + output) * width + input;
        let sum = sum_of_parts(sums, at, taps * height * width, parts);
        gradient[(output * inputs + input) * taps + tap] = E::cast_from(sum);
    }
}

#[cube]
fn sum_of_parts(sums: &Tensor<f32>, first: usize, step: usize, parts: usize) -> f32 {
    let mut sum = 0.0f32;
    for part in 0..parts {
        sum += sums[part * step + first];
    }
    sum
}
