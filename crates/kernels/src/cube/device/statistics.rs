//! Mean and variance of each channel.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;

use super::threads::{column, first_row, row_step, sum_of_column, sum_of_parts};

/// Sums, and sums of squares, of each column over the rows of a part. Both are of the distance from
/// the column's first element, because squares of large numbers leave nothing of small differences.
#[cube(launch)]
pub(crate) fn moments<E: Float, N: Size>(
    x: &Tensor<Vector<E, N>>,
    sums: &mut Tensor<Vector<f32, N>>,
    squares: &mut Tensor<Vector<f32, N>>,
    rows: usize,
    columns: usize,
    #[define(E)] _element: ElemType,
) {
    let column = column();
    let mut sum = Vector::<f32, N>::new(0.0f32);
    let mut square = Vector::<f32, N>::new(0.0f32);
    if column < columns {
        let origin = Vector::<f32, N>::cast_from(x[column]);
        let step = row_step();
        let mut row = first_row();
        while row < rows {
            let distance = Vector::<f32, N>::cast_from(x[row * columns + column]) - origin;
            sum += distance;
            square += distance * distance;
            row += step;
        }
    }
    let sum = sum_of_column::<N>(sum);
    let square = sum_of_column::<N>(square);
    if UNIT_POS_Y == 0 && column < columns {
        let index = CUBE_POS_Y as usize * columns + column;
        sums[index] = sum;
        squares[index] = square;
    }
}

/// Mean and biased variance of each column from [`moments`].
#[cube(launch)]
pub(crate) fn statistics<E: Float>(
    x: &Tensor<E>,
    sums: &Tensor<f32>,
    squares: &Tensor<f32>,
    mean: &mut Tensor<f32>,
    variance: &mut Tensor<f32>,
    rows: f32,
    parts: usize,
    columns: usize,
    #[define(E)] _element: ElemType,
) {
    let column = column();
    let sum = sum_of_parts(sums, parts, columns);
    let square = sum_of_parts(squares, parts, columns);
    if UNIT_POS_Y == 0 && column < columns {
        let distance = sum / rows;
        mean[column] = f32::cast_from(x[column]) + distance;
        let of_rounding = square / rows - distance * distance;
        // What is not a number stays so.
        variance[column] = select(of_rounding < 0.0, 0.0, of_rounding);
    }
}
