//! What runs on the device for the gradient of a convolution's weights.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;
use cubecl::{CubeLaunch, cmma};

/// Output and input channels of a tile.
pub(super) const TILE: usize = 64;
/// Pixels that are in shared memory at once.
pub(super) const DEPTH: usize = 32;
/// From one pixel to the next in shared memory; the gap spreads them over the memory's banks.
const PITCH: usize = TILE + 8;
/// Threads of a cube: four groups of 32, each for a quarter of the tile.
const THREADS: usize = 128;

/// Of tensors and windows. Rows and columns without further words are the output's.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(super) struct Sizes {
    /// Pixels of the output, of all images.
    pixels: usize,
    pixels_of_part: usize,
    rows: usize,
    columns: usize,
    input_rows: usize,
    input_columns: usize,
    outputs: usize,
    inputs: usize,
    /// Rows of the sums: output channels, in whole tiles.
    height: usize,
    /// Columns of the sums: input channels or a row of taps, in whole tiles.
    width: usize,
    kernel_columns: usize,
    stride_down: usize,
    stride_right: usize,
    padding_above: usize,
    padding_left: usize,
}

/// Sums over the pixels of a part of `dy[pixel, output] * x[tap of pixel, input]`: for each part and tap
/// a matrix of outputs and inputs.
#[cube(launch)]
pub(super) fn weight_gradient<E: Float, T: Float, N: Size, M: Size>(
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

#[cube]
fn zeros(#[comptime] depth: usize) -> cmma::Matrix<f32> {
    cmma::Matrix::<f32>::from_value(
        cmma::MatrixIdent::Accumulator,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::Undefined,
        0.0f32,
    )
}

/// Pixels are the columns of the left factor and neighbours in memory are its rows.
#[cube]
fn gradient_tile<T: Float>(
    shared: &Shared<[T]>,
    offset: usize,
    #[comptime] depth: usize,
) -> cmma::Matrix<T> {
    cmma::Matrix::<T>::from_slice(
        cmma::MatrixIdent::A,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::ColMajor,
        &shared[offset..DEPTH * PITCH],
        PITCH as u32,
    )
}

#[cube]
fn input_tile<T: Float>(
    shared: &Shared<[T]>,
    offset: usize,
    #[comptime] depth: usize,
) -> cmma::Matrix<T> {
    cmma::Matrix::<T>::from_slice(
        cmma::MatrixIdent::B,
        16usize,
        16usize,
        depth,
        cmma::MatrixLayout::RowMajor,
        &shared[offset..DEPTH * PITCH],
        PITCH as u32,
    )
}

#[cube]
fn store_tile(sums: &mut [f32], tile: &cmma::Matrix<f32>, offset: usize, width: usize) {
    let len = sums.len();
    cmma::store(&mut sums[offset..len], tile, width as u32, cmma::MatrixLayout::RowMajor);
}

/// The gradients of `DEPTH` pixels from `first`, zeros after `end`.
#[cube]
fn load_gradient<E: Float, T: Float, N: Size>(
    dy: &[Vector<E, N>],
    shared: &mut Shared<[T]>,
    first: usize,
    end: usize,
    output: usize,
    outputs: usize,
) {
    let size = N::value();
    let vectors = comptime!(TILE / size);
    #[unroll]
    for i in 0..comptime!(DEPTH * vectors / THREADS) {
        let index = UNIT_POS as usize + i * THREADS;
        let (row, column) = (index / vectors, index % vectors);
        let pixel = first + row;
        let mut value = Vector::<E, N>::new(E::new(0.0f32));
        if pixel < end && output + column * size < outputs {
            value = dy[(pixel * outputs + output) / size + column];
        }
        put::<E, T, N>(shared, row * PITCH + column * size, value);
    }
}

/// The inputs that a tap meets at these pixels.
#[cube]
fn load_tap<E: Float, T: Float, M: Size>(
    x: &[Vector<E, M>],
    shared: &mut Shared<[T]>,
    first: usize,
    end: usize,
    tap: usize,
    input: usize,
    sizes: &Sizes,
) {
    let size = M::value();
    let vectors = comptime!(TILE / size);
    let tap_row = tap / sizes.kernel_columns;
    let tap_column = tap % sizes.kernel_columns;
    #[unroll]
    for i in 0..comptime!(DEPTH * vectors / THREADS) {
        let index = UNIT_POS as usize + i * THREADS;
        let (row, column) = (index / vectors, index % vectors);
        let pixel = first + row;
        let (image, y, x_) = position(pixel, sizes);
        // The padding is taken off later: these are not negative.
        let y = y * sizes.stride_down + tap_row;
        let x_ = x_ * sizes.stride_right + tap_column;
        let mut value = Vector::<E, M>::new(E::new(0.0f32));
        let is_channel = input + column * size < sizes.inputs;
        if pixel < end && is_channel && is_inside(y, x_, sizes) {
            let at = source(image, y, x_, sizes);
            value = x[(at * sizes.inputs + input) / size + column];
        }
        put::<E, T, M>(shared, row * PITCH + column * size, value);
    }
}

/// The inputs of a whole row of taps, which are neighbours in memory.
#[cube]
fn load_row_of_taps<E: Float, T: Float, M: Size>(
    x: &[Vector<E, M>],
    shared: &mut Shared<[T]>,
    first: usize,
    end: usize,
    tap_row: usize,
    sizes: &Sizes,
) {
    for i in 0..comptime!(DEPTH * TILE / THREADS) {
        let index = UNIT_POS as usize + i * THREADS;
        let (row, column) = (index / TILE, index % TILE);
        let pixel = first + row;
        let (image, y, x_) = position(pixel, sizes);
        let y = y * sizes.stride_down + tap_row;
        let x_ = x_ * sizes.stride_right + column / sizes.inputs;
        let is_tap = column < sizes.kernel_columns * sizes.inputs;
        let mut value = Vector::<E, M>::new(E::new(0.0f32));
        if pixel < end && is_tap && is_inside(y, x_, sizes) {
            value = x[source(image, y, x_, sizes) * sizes.inputs + column % sizes.inputs];
        }
        shared[row * PITCH + column] = T::cast_from(value.extract(0usize));
    }
}

/// Image, row and column of a pixel of the output.
#[cube]
fn position(pixel: usize, sizes: &Sizes) -> (usize, usize, usize) {
    let row = pixel / sizes.columns;
    (row / sizes.rows, row % sizes.rows, pixel % sizes.columns)
}

/// Whether a padded position is a pixel of the input.
#[cube]
fn is_inside(y: usize, x: usize, sizes: &Sizes) -> bool {
    y >= sizes.padding_above
        && y < sizes.padding_above + sizes.input_rows
        && x >= sizes.padding_left
        && x < sizes.padding_left + sizes.input_columns
}

/// The pixel of the input at a padded position.
#[cube]
fn source(image: usize, y: usize, x: usize, sizes: &Sizes) -> usize {
    (image * sizes.input_rows + y - sizes.padding_above) * sizes.input_columns + x
        - sizes.padding_left
}

#[cube]
fn put<E: Float, T: Float, N: Size>(shared: &mut Shared<[T]>, offset: usize, value: Vector<E, N>) {
    #[unroll]
    for i in 0..N::value() {
        shared[offset + i] = T::cast_from(value.extract(i));
    }
}

/// Adds the parts and writes the sums as `[output, input, row, column]`.
#[cube(launch)]
pub(super) fn add_parts<E: Float>(
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
