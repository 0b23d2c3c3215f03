//! A rate for each layer.

use resnet_kernels::{Lars, lars_step};

use super::sgd::{self, decayed, with_momentum};
use super::{Direction, Parameter, length, ratio_or_one};

/// timm's guard against a division by zero.
const EPS: f64 = 1e-8;

/// `trust * |w| / (|g| + decay * |w|)` times the decayed gradient where weights decay, then momentum.
pub(super) fn direction(parameter: Parameter, momentum: f64, trust: f64) -> Direction {
    let Parameter { gradient, weight, decay, slots, .. } = parameter;
    if decay == 0.0 {
        return with_momentum(gradient, slots, momentum, false);
    }
    let (of_weight, of_gradient) = (length(&weight), length(&gradient));
    let whole = of_gradient.clone() + of_weight.clone().mul_scalar(decay).add_scalar(EPS);
    let ratio = of_weight.clone().mul_scalar(trust) / whole;
    let ratio = ratio_or_one(ratio, [of_weight, of_gradient]);
    with_momentum(decayed(gradient, weight, decay) * ratio, slots, momentum, false)
}

/// The same and the step of length `lr`, in two passes.
pub(super) fn in_two_passes(parameter: Parameter, lr: f64, momentum: f64, trust: f64) -> Direction {
    if parameter.decay == 0.0 {
        return sgd::in_one_pass(parameter, lr, momentum, false);
    }
    let Parameter { gradient, weight, decay, mut slots, .. } = parameter;
    let rule = Lars { lr, momentum, decay, trust, eps: EPS };
    let (weight, velocity) = lars_step(weight, gradient, slots.pop(), rule);
    (weight, vec![velocity])
}
