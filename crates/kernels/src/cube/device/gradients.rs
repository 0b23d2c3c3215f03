//! The gradients of normalisation.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;

use super::threads::{column, first_row, row_step, sum_of_column, sum_of_parts};

/// The gradient where ReLU let the output through.
#[cube]
fn masked<E: Float, N: Size>(
    dy: &Tensor<Vector<E, N>>,
    y: &Tensor<Vector<E, N>>,
    index: usize,
    #[comptime] relu: bool,
) -> Vector<f32, N> {
    let mut gradient = Vector::<f32, N>::cast_from(dy[index]);
    if relu {
        let zero = Vector::<f32, N>::new(0.0f32);
        let output = Vector::<f32, N>::cast_from(y[index]);
        gradient = select_many(output.less_equal(&zero), zero, gradient);
    }
    gradient
}

/// Sums of the gradient, and of its products with the distance from the mean, over the rows of a part.
#[cube(launch)]
pub(crate) fn gradient_sums<E: Float, N: Size>(
    dy: &Tensor<Vector<E, N>>,
    y: &Tensor<Vector<E, N>>,
    x: &Tensor<Vector<E, N>>,
    mean: &Tensor<Vector<f32, N>>,
    sums: &mut Tensor<Vector<f32, N>>,
    products: &mut Tensor<Vector<f32, N>>,
    rows: usize,
    columns: usize,
    #[comptime] relu: bool,
    #[define(E)] _element: ElemType,
) {
    let column = column();
    let mut sum = Vector::<f32, N>::new(0.0f32);
    let mut product = Vector::<f32, N>::new(0.0f32);
    if column < columns {
        let centre = mean[column];
        let step = row_step();
        let mut row = first_row();
        while row < rows {
            let index = row * columns + column;
            let gradient = masked::<E, N>(dy, y, index, relu);
            sum += gradient;
            product += gradient * (Vector::<f32, N>::cast_from(x[index]) - centre);
            row += step;
        }
    }
    let sum = sum_of_column::<N>(sum);
    let product = sum_of_column::<N>(product);
    if UNIT_POS_Y == 0 && column < columns {
        let index = CUBE_POS_Y as usize * columns + column;
        sums[index] = sum;
        products[index] = product;
    }
}

/// Gradients of scale and shift from [`gradient_sums`].
#[cube(launch)]
pub(crate) fn affine_gradients(
    sums: &Tensor<f32>,
    products: &Tensor<f32>,
    variance: &Tensor<f32>,
    gamma: &mut Tensor<f32>,
    beta: &mut Tensor<f32>,
    epsilon: f32,
    parts: usize,
    columns: usize,
) {
    let column = column();
    let sum = sum_of_parts(sums, parts, columns);
    let product = sum_of_parts(products, parts, columns);
    if UNIT_POS_Y == 0 && column < columns {
        beta[column] = sum;
        gamma[column] = product * (variance[column] + epsilon).inverse_sqrt();
    }
}

/// Gradients of the input and, if asked for, of the residual.
#[cube(launch)]
pub(crate) fn input_gradient<E: Float, N: Size>(
    dy: &Tensor<Vector<E, N>>,
    y: &Tensor<Vector<E, N>>,
    x: &Tensor<Vector<E, N>>,
    gamma: &Tensor<Vector<f32, N>>,
    mean: &Tensor<Vector<f32, N>>,
    variance: &Tensor<Vector<f32, N>>,
    gamma_gradient: &Tensor<Vector<f32, N>>,
    beta_gradient: &Tensor<Vector<f32, N>>,
    dx: &mut Tensor<Vector<E, N>>,
    residual: &mut Tensor<Vector<E, N>>,
    epsilon: f32,
    count: f32,
    rows: usize,
    columns: usize,
    #[comptime] relu: bool,
    #[comptime] with_residual: bool,
    #[define(E)] _element: ElemType,
) {
    let column = column();
    if column >= columns {
        terminate!();
    }
    let centre = mean[column];
    let inverse = (variance[column] + Vector::new(epsilon)).inverse_sqrt();
    let scale = gamma[column] * inverse;
    let of_mean = beta_gradient[column] / Vector::new(count);
    let of_deviation = gamma_gradient[column] * inverse / Vector::new(count);
    let step = row_step();
    let mut row = first_row();
    while row < rows {
        let index = row * columns + column;
        let gradient = masked::<E, N>(dy, y, index, relu);
        let distance = Vector::<f32, N>::cast_from(x[index]) - centre;
        let centred = gradient - of_mean - distance * of_deviation;
        dx[index] = Vector::cast_from(scale * centred);
        if with_residual {
            residual[index] = Vector::cast_from(gradient);
        }
        row += step;
    }
}
