//! Running means of the gradient and of its square.

use burn::tensor::Tensor;
use resnet_kernels::{AdamW, adamw_step, lamb_step};

use super::{Direction, Parameter, Slots, length, ratio_or_one};

/// Adam's direction, and decoupled weight decay.
pub(super) fn adamw(parameter: Parameter, betas: (f64, f64), eps: f64) -> Direction {
    let (weight, decay) = (parameter.weight.clone(), parameter.decay);
    let (direction, slots) = adam(parameter, betas, eps);
    (direction + weight.mul_scalar(decay), slots)
}

/// The same and the step of length `lr`, in one pass.
pub(super) fn adamw_in_one_pass(
    parameter: Parameter,
    lr: f64,
    betas: (f64, f64),
    eps: f64,
) -> Direction {
    let Parameter { gradient, weight, decay, slots, step, corrections, .. } = parameter;
    let rule = AdamW { lr, betas, eps, decay, step };
    let (weight, means) = adamw_step(weight, gradient, slots.try_into().ok(), corrections, rule);
    (weight, means.into())
}

/// The same, brought to the length of the weights where weights decay.
pub(super) fn lamb(parameter: Parameter, betas: (f64, f64), eps: f64) -> Direction {
    let (weight, decay) = (parameter.weight.clone(), parameter.decay);
    let (direction, slots) = adamw(parameter, betas, eps);
    if decay == 0.0 {
        return (direction, slots);
    }
    let (of_weight, of_step) = (length(&weight), length(&direction));
    let trust = ratio_or_one(of_weight.clone() / of_step.clone(), [of_weight, of_step]);
    (direction * trust, slots)
}

/// The same and the step of length `lr`, in two passes.
pub(super) fn lamb_in_two_passes(
    parameter: Parameter,
    lr: f64,
    betas: (f64, f64),
    eps: f64,
) -> Direction {
    if parameter.decay == 0.0 {
        return adamw_in_one_pass(parameter, lr, betas, eps);
    }
    let Parameter { gradient, weight, decay, slots, step, corrections, .. } = parameter;
    let rule = AdamW { lr, betas, eps, decay, step };
    let (weight, means) = lamb_step(weight, gradient, slots.try_into().ok(), corrections, rule);
    (weight, means.into())
}

/// `m / (1 - b1^t)` over `sqrt(v / (1 - b2^t)) + eps`.
fn adam(parameter: Parameter, (beta1, beta2): (f64, f64), eps: f64) -> Direction {
    let Parameter { gradient, mut slots, step, corrections, .. } = parameter;
    let (v, m) = (slots.pop(), slots.pop());
    let m = mean(m, gradient.clone(), beta1);
    let v = mean(v, gradient.square(), beta2);
    let (corrected, root) = match corrections {
        Some(both) => {
            let [of_m, of_root] = [0, 1].map(|which| both.clone().narrow(0, which, 1));
            (m.clone() / of_m, v.clone().sqrt() / of_root)
        }
        None => (
            m.clone().div_scalar(1.0 - beta1.powi(step)),
            v.clone().sqrt().div_scalar((1.0 - beta2.powi(step)).sqrt()),
        ),
    };
    (corrected / root.add_scalar(eps), Slots::from([m, v]))
}

/// The running mean after `new`, from zero.
fn mean(old: Option<Tensor<1>>, new: Tensor<1>, beta: f64) -> Tensor<1> {
    let new = new.mul_scalar(1.0 - beta);
    match old {
        Some(old) => old.mul_scalar(beta) + new,
        None => new,
    }
}
