//! The gradient of a convolution's weights on the matrix units.
//!
//! It is a product of two tall matrices: the sum over all pixels of the batch. So that there is work for
//! every processor, the pixels are cut into parts, whose sums another kernel adds.

use burn::tensor::{DType, Shape};
use burn_cubecl::tensor::CubeTensor;
use cubecl::prelude::{CubeCount, CubeDim};

use super::convolution::matrix_element;
use super::device::weights::{self as device, DEPTH, PLANE, TILE};
use super::table::{Table, cube, cubes, empty};
use crate::geometry::Geometry;

/// Cubes that keep every processor of a large GPU busy.
const CUBES: usize = 2048;

/// The gradient `[c', c, kh, kw]` of the weights.
pub(super) fn launch(dy: &Table, x: &Table, geometry: &Geometry) -> CubeTensor {
    let [outputs, inputs, kernel_height, kernel_width] = geometry.weight;
    // With few channels the neighbours in a row of taps are one tile.
    let is_narrow = inputs * kernel_width <= TILE;
    let taps = if is_narrow { kernel_height } else { kernel_height * kernel_width };
    let (lines, columns) = (outputs.next_multiple_of(TILE), inputs.next_multiple_of(TILE));
    let tiles = (lines / TILE) * (columns / TILE);
    let parts = (CUBES / (tiles * taps)).clamp(1, dy.rows.div_ceil(4 * DEPTH));
    let rows_of_part = dy.rows.div_ceil(parts).next_multiple_of(DEPTH);
    let sums = empty(&dy.tensor, Shape::new([parts * taps * lines * columns]), DType::F32);
    let (element, depth) = matrix_element(dy.tensor.dtype).expect("asked for before");
    let vector = if is_narrow { 1 } else { x.vector_size() };
    let [.., height, width] = geometry.input;
    let [.., rows, row] = geometry.output();
    device::weight_gradient::launch(
        &dy.tensor.client,
        CubeCount::new_3d(tiles as u32, taps as u32, parts as u32),
        CubeDim::new_2d(PLANE, 4),
        dy.vector_size(),
        vector,
        dy.tensor.clone().into_buffer_arg(),
        x.tensor.clone().into_buffer_arg(),
        sums.clone().into_buffer_arg(),
        device::SizesLaunch::new(
            dy.rows,
            rows_of_part,
            rows,
            row,
            height,
            width,
            outputs,
            inputs,
            lines,
            columns,
            kernel_width,
            geometry.stride[0],
            geometry.stride[1],
            geometry.padding[0],
            geometry.padding[1],
        ),
        is_narrow,
        depth,
        [dy.element(), element],
    );
    let gradient = empty(&dy.tensor, Shape::new(geometry.weight), dy.tensor.dtype);
    let count = outputs * inputs * kernel_height * kernel_width;
    device::add_parts::launch(
        &dy.tensor.client,
        cubes(count),
        cube(),
        sums.into_tensor_arg(),
        gradient.clone().into_tensor_arg(),
        parts,
        outputs,
        inputs,
        kernel_height,
        kernel_width,
        lines,
        columns,
        is_narrow,
        dy.element(),
    );
    gradient
}
