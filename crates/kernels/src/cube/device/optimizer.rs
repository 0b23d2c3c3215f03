//! A step of SGD or LARS: a thread moves a few neighbouring weights, in place.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::CubeLaunch;
use cubecl::prelude::*;

use super::lengths::ratio;

/// The rules of stochastic gradient descent and of LARS.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(crate) struct SgdNumbers {
    lr: f32,
    momentum: f32,
    decay: f32,
    trust: f32,
    eps: f32,
}

/// Weight and velocity after a step along the gradient, which is scaled by the `lengths` of both if `is_scaled`.
#[cube(launch)]
pub(crate) fn sgd<N: Size>(
    weight: &mut Tensor<Vector<f32, N>>,
    gradient: &Tensor<Vector<f32, N>>,
    velocity: &mut Tensor<Vector<f32, N>>,
    lengths: &Tensor<f32>,
    rule: &SgdNumbers,
    count: usize,
    #[comptime] is_nesterov: bool,
    #[comptime] is_scaled: bool,
) {
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    let old = weight[index];
    let mut d = gradient[index];
    // Without decay a weight that is infinite does not reach the velocity.
    if rule.decay > 0.0 {
        d += old * Vector::new(rule.decay);
    }
    if is_scaled {
        let whole = lengths[1] + lengths[0] * rule.decay + rule.eps;
        d *= Vector::new(ratio(lengths[0] * rule.trust, whole, lengths));
    }
    let momentum = Vector::<f32, N>::new(rule.momentum);
    let moved = velocity[index] * momentum + d;
    velocity[index] = moved;
    let mut direction = moved;
    if is_nesterov {
        direction = d + moved * momentum;
    }
    weight[index] = old - direction * Vector::new(rule.lr);
}
