//! What the weights' gradient multiplies, from the tensors into shared memory.

use cubecl::prelude::*;

use super::weights::{DEPTH, PITCH, Sizes, THREADS, TILE};

/// The gradients of `DEPTH` pixels from `first`, zeros after `end`.
#[cube]
pub(crate) fn load_gradient<E: Float, T: Float, N: Size>(
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
pub(crate) fn load_tap<E: Float, T: Float, M: Size>(
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
pub(crate) fn load_row_of_taps<E: Float, T: Float, M: Size>(
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
