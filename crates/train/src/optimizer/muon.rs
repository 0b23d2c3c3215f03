//! Steps whose directions all count alike.

use burn::tensor::Tensor;

use super::{Direction, Parameter, adam};

/// The polynomial of Jordan's iteration: steepest at zero, so that few rounds do.
const COEFFICIENTS: (f64, f64, f64) = (3.4445, -4.7750, 2.0315);
const ROUNDS: usize = 5;
/// PyTorch's guard against a division by zero.
const EPS: f64 = 1e-7;

/// What a recipe says of the rule.
#[derive(Debug, Clone, Copy)]
pub(super) struct Settings {
    pub(super) momentum: f64,
    pub(super) nesterov: bool,
    pub(super) betas: (f64, f64),
    pub(super) eps: f64,
}

/// The mean gradient of a convolution made orthogonal, a filter being a row, and as long as a step of Adam's;
/// Adam's direction for all else. Decay is decoupled.
pub(super) fn direction(parameter: Parameter, settings: Settings) -> Direction {
    let Settings { momentum, nesterov, betas, eps } = settings;
    let Some([rows, columns]) = parameter.filters else {
        return adam::adamw(parameter, betas, eps);
    };
    let Parameter { gradient, weight, decay, mut slots, .. } = parameter;
    let old = slots.pop().unwrap_or_else(|| gradient.zeros_like());
    let blend =
        |mean: Tensor<1>| mean.mul_scalar(momentum) + gradient.clone().mul_scalar(1.0 - momentum);
    let mean = blend(old);
    let step = if nesterov { blend(mean.clone()) } else { mean.clone() };
    let length = 0.2 * (rows.max(columns) as f64).sqrt();
    let step = orthogonal(step.reshape([rows, columns])).mul_scalar(length);
    (step.reshape([rows * columns]) + weight.mul_scalar(decay), vec![mean])
}

/// Newton and Schulz's iteration towards the nearest matrix whose singular values are all 1; it stops where
/// they are about 1.
fn orthogonal(matrix: Tensor<2>) -> Tensor<2> {
    let [rows, columns] = matrix.dims();
    if rows > columns {
        return orthogonal(matrix.transpose()).transpose();
    }
    let (a, b, c) = COEFFICIENTS;
    let norm = matrix.clone().square().sum().sqrt().clamp_min(EPS);
    let start = matrix / norm.reshape([1, 1]);
    (0..ROUNDS).fold(start, |x, _| {
        let gram = x.clone().matmul(x.clone().transpose());
        let change = gram.clone().mul_scalar(b) + gram.clone().matmul(gram).mul_scalar(c);
        x.clone().mul_scalar(a) + change.matmul(x)
    })
}
