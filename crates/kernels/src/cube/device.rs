//! What runs on the device. A thread is at home in one column and takes several rows of it; sums are
//! f32 whatever the elements are.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::prelude::*;

use super::table::THREADS;

/// The column of this thread.
#[cube]
fn column() -> usize {
    (CUBE_POS_X * CUBE_DIM_X + UNIT_POS_X) as usize
}

/// The first row of this thread.
#[cube]
fn first_row() -> usize {
    (CUBE_POS_Y * CUBE_DIM_Y + UNIT_POS_Y) as usize
}

/// From one row of this thread to its next.
#[cube]
fn row_step() -> usize {
    (CUBE_COUNT_Y * CUBE_DIM_Y) as usize
}

/// The sum over the threads of a cube that share a column; only those with `UNIT_POS_Y == 0` get it.
#[cube]
fn sum_of_column<N: Size>(value: Vector<f32, N>) -> Vector<f32, N> {
    let mut shared = Shared::<[Vector<f32, N>]>::new_slice(THREADS);
    shared[UNIT_POS as usize] = value;
    sync_cube();
    let mut sum = value;
    if UNIT_POS_Y == 0 {
        for y in 1..CUBE_DIM_Y {
            sum += shared[(y * CUBE_DIM_X + UNIT_POS_X) as usize];
        }
    }
    sum
}

/// Sums, and sums of squares, of each column over the rows of a part. Both are of the distance from
/// the column's first element, because squares of large numbers leave nothing of small differences.
#[cube(launch)]
pub(super) fn moments<E: Float, N: Size>(
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

/// The sum over the parts of this thread's column; only threads with `UNIT_POS_Y == 0` get all of it.
#[cube]
fn sum_of_parts(values: &Tensor<f32>, parts: usize, columns: usize) -> f32 {
    let column = column();
    let mut sum = Vector::<f32, Const<1>>::new(0.0f32);
    if column < columns {
        let mut part = UNIT_POS_Y as usize;
        while part < parts {
            sum += Vector::new(values[part * columns + column]);
            part += CUBE_DIM_Y as usize;
        }
    }
    sum_of_column::<Const<1>>(sum).extract(0usize)
}

/// Mean and biased variance of each column from [`moments`].
#[cube(launch)]
pub(super) fn statistics<E: Float>(
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
        variance[column] = square / rows - distance * distance;
    }
}

/// `gamma * (x - mean) / sqrt(variance + epsilon) + beta`, then the residual and ReLU.
#[cube(launch)]
pub(super) fn normalise<E: Float, N: Size>(
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
pub(super) fn gradient_sums<E: Float, N: Size>(
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
pub(super) fn affine_gradients(
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
pub(super) fn input_gradient<E: Float, N: Size>(
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

/// Weights `[c', c, taps]` as `[c', taps, c]`, or turned round as `[c, taps in reverse, c']`.
#[cube(launch)]
pub(super) fn arrange<E: Float>(
    weight: &Tensor<E>,
    arranged: &mut Tensor<E>,
    outputs: usize,
    inputs: usize,
    taps: usize,
    #[comptime] turned: bool,
    #[define(E)] _element: ElemType,
) {
    let index = ABSOLUTE_POS;
    if index >= outputs * inputs * taps {
        terminate!();
    }
    if turned {
        let output = index % outputs;
        let tap = (index / outputs) % taps;
        let input = index / outputs / taps;
        arranged[index] = weight[(output * inputs + input) * taps + taps - 1 - tap];
    } else {
        let input = index % inputs;
        let tap = (index / inputs) % taps;
        let output = index / inputs / taps;
        arranged[index] = weight[(output * inputs + input) * taps + tap];
    }
}

/// Pixels with zeros between them; `depth` vectors are a pixel.
#[cube(launch)]
pub(super) fn spread<E: Float, N: Size>(
    x: &Tensor<Vector<E, N>>,
    wide: &mut Tensor<Vector<E, N>>,
    rows: usize,
    columns: usize,
    height: usize,
    width: usize,
    down: usize,
    right: usize,
    depth: usize,
    count: usize,
    #[define(E)] _element: ElemType,
) {
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    let channel = index % depth;
    let pixel = index / depth;
    let x_ = pixel % width;
    let y = (pixel / width) % height;
    let image = pixel / width / height;
    let mut value = Vector::<E, N>::new(E::new(0.0f32));
    let (below, beside) = (y % down, x_ % right);
    if below + beside == 0 && y / down < rows && x_ / right < columns {
        value = x[((image * rows + y / down) * columns + x_ / right) * depth + channel];
    }
    wide[index] = value;
}
