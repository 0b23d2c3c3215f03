//! Stochastic gradient descent with momentum.

use burn::tensor::Tensor;
use resnet_kernels::{Sgd, sgd_step};

use super::{Direction, Parameter, Slots};

/// `d = g + decay * w`, then momentum.
pub(super) fn direction(parameter: Parameter, momentum: f64, nesterov: bool) -> Direction {
    let Parameter { gradient, weight, decay, slots, .. } = parameter;
    with_momentum(decayed(gradient, weight, decay), slots, momentum, nesterov)
}

/// The same and the step of length `lr`, in one pass.
pub(super) fn in_one_pass(
    parameter: Parameter,
    lr: f64,
    momentum: f64,
    nesterov: bool,
) -> Direction {
    let Parameter { gradient, weight, decay, mut slots, .. } = parameter;
    let rule = Sgd { lr, momentum, nesterov, decay };
    let (weight, velocity) = sgd_step(weight, gradient, slots.pop(), rule);
    (weight, vec![velocity])
}

/// The gradient with coupled weight decay.
pub(super) fn decayed(gradient: Tensor<1>, weight: Tensor<1>, decay: f64) -> Tensor<1> {
    if decay > 0.0 { gradient + weight.mul_scalar(decay) } else { gradient }
}

/// `v = momentum * v + d`, starting at `d` (dampening 0); with Nesterov's variant the direction is
/// `d + momentum * v`.
pub(super) fn with_momentum(
    d: Tensor<1>,
    mut slots: Slots,
    momentum: f64,
    nesterov: bool,
) -> Direction {
    if momentum == 0.0 {
        return (d, Slots::new());
    }
    let v = match slots.pop() {
        Some(old) => old.mul_scalar(momentum) + d.clone(),
        None => d.clone(),
    };
    let direction = if nesterov { d + v.clone().mul_scalar(momentum) } else { v.clone() };
    (direction, vec![v])
}
