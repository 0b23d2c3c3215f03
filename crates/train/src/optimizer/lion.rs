//! The sign of a running mean.

use super::{Direction, Parameter};

/// `sign(b1 * m + (1 - b1) * g) + decay * w`; then `m = b2 * m + (1 - b2) * g`.
pub(super) fn direction(parameter: Parameter, (beta1, beta2): (f64, f64)) -> Direction {
    let Parameter { gradient, weight, decay, mut slots, .. } = parameter;
    let m = slots.pop().unwrap_or_else(|| gradient.zeros_like());
    let blend = |beta: f64| m.clone().mul_scalar(beta) + gradient.clone().mul_scalar(1.0 - beta);
    (blend(beta1).sign() + weight.mul_scalar(decay), vec![blend(beta2)])
}
