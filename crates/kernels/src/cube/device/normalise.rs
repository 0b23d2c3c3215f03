//! Normalisation for given statistics, and what follows it.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;

use super::threads::{column, first_row, row_step};

/// `gamma * (x - mean) / sqrt(variance + epsilon) + beta`, then the residual and ReLU.
#[cube(launch)]
pub(crate) fn normalise<E: Float, N: Size>(
    x: &Tensor<Vector<E, N>>,
    residual: &Tensor<Vector<E, N>>,
    gamma: &Tensor<Vector<f32, N>>,
    beta: &Tensor<Vector<f32, N>>,
    mean: &Tensor<Vector<f32, N>>,
    variance: &Tensor<Vector<f32, N>>,
    y: &mut Tensor<Vector<E, N>>,
    epsilon: f32,
    rows: usize,
    columns: usize,
    #[comptime] with_residual: bool,
    #[comptime] relu: bool,
    #[define(E)] _element: ElemType,
) {
    let column = column();
    if column >= columns {
        terminate!();
    }
    let scale = gamma[column] * (variance[column] + Vector::new(epsilon)).inverse_sqrt();
    let (shift, centre) = (beta[column], mean[column]);
    let step = row_step();
    let mut row = first_row();
    while row < rows {
        let index = row * columns + column;
        let mut value = (Vector::<f32, N>::cast_from(x[index]) - centre) * scale + shift;
        if with_residual {
            value += Vector::<f32, N>::cast_from(residual[index]);
        }
        if relu {
            let zero = Vector::<f32, N>::new(0.0f32);
            // What is not a number stays so.
            value = select_many(value.less_equal(&zero), zero, value);
        }
        y[index] = Vector::cast_from(value);
        row += step;
    }
}
