//! Lengths of tensors, by the squares of their numbers.

use cubecl::prelude::*;

use super::threads::{first_row, row_step, sum_of_column, sum_of_parts};

/// Sums of squares of two flat tensors over the vectors of a cube.
#[cube(launch)]
pub(crate) fn squares<N: Size>(
    first: &Tensor<Vector<f32, N>>,
    second: &Tensor<Vector<f32, N>>,
    of_first: &mut Tensor<Vector<f32, N>>,
    of_second: &mut Tensor<Vector<f32, N>>,
    count: usize,
) {
    let mut sum_of_first = Vector::<f32, N>::new(0.0f32);
    let mut sum_of_second = Vector::<f32, N>::new(0.0f32);
    let step = row_step();
    let mut index = first_row();
    while index < count {
        let (a, b) = (first[index], second[index]);
        sum_of_first += a * a;
        sum_of_second += b * b;
        index += step;
    }
    write_sums::<N>(sum_of_first, sum_of_second, of_first, of_second);
}

/// Writes what the threads of a cube have summed up.
#[cube]
pub(super) fn write_sums<N: Size>(
    first: Vector<f32, N>,
    second: Vector<f32, N>,
    of_first: &mut Tensor<Vector<f32, N>>,
    of_second: &mut Tensor<Vector<f32, N>>,
) {
    let first = sum_of_column::<N>(first);
    let second = sum_of_column::<N>(second);
    if UNIT_POS_Y == 0 {
        let part = CUBE_POS_Y as usize;
        of_first[part] = first;
        of_second[part] = second;
    }
}

/// The roots of the sums of both.
#[cube(launch)]
pub(crate) fn lengths(
    of_first: &Tensor<f32>,
    of_second: &Tensor<f32>,
    lengths: &mut Tensor<f32>,
    count: usize,
) {
    let first = sum_of_parts(of_first, count, 1usize);
    let second = sum_of_parts(of_second, count, 1usize);
    if UNIT_POS_Y == 0 {
        lengths[0] = first.sqrt();
        lengths[1] = second.sqrt();
    }
}

/// `numerator / denominator`, and 1 if one of two lengths is 0.
#[cube]
pub(super) fn ratio(numerator: f32, denominator: f32, lengths: &Tensor<f32>) -> f32 {
    let is_zero = lengths[0] == 0.0 || lengths[1] == 0.0;
    select(is_zero, 1.0, numerator / denominator)
}
