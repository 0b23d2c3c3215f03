//! Steps of optimizers: every number is read and written once.
//!
//! Operations and their order are those of the formulas, without fused multiplication, so that the results are
//! the bits that one operation after another gives.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::instructions::dispatch;
use crate::rules::{AdamW, Sgd};

/// Numbers of one task.
const SHARE: usize = 1 << 15;

/// Moves `weight` against `gradient`. In the first step `velocity` is only written.
pub(crate) fn sgd(
    weight: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    is_first: bool,
    rule: Sgd,
) {
    let weights = weight.par_chunks_mut(SHARE).zip(gradient.par_chunks(SHARE));
    let parts = weights.zip(velocity.par_chunks_mut(SHARE));
    parts.for_each(|((weight, gradient), velocity)| {
        dispatch(SgdPart { weight, gradient, velocity, is_first, rule });
    });
}

struct SgdPart<'a> {
    weight: &'a mut [f32],
    gradient: &'a [f32],
    velocity: &'a mut [f32],
    is_first: bool,
    rule: Sgd,
}

impl NullaryFnOnce for SgdPart<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let Sgd { lr, momentum, nesterov, decay } = self.rule;
        let (lr, momentum, decay) = (lr as f32, momentum as f32, decay as f32);
        let numbers = self.weight.iter_mut().zip(self.gradient).zip(self.velocity);
        for ((weight, gradient), velocity) in numbers {
            let d = if decay > 0.0 { gradient + *weight * decay } else { *gradient };
            *velocity = if self.is_first { d } else { *velocity * momentum + d };
            let direction = if nesterov { d + *velocity * momentum } else { *velocity };
            *weight -= direction * lr;
        }
    }
}

/// Moves `weight` against `gradient`. In the first step `mean` and `square` are only written.
pub(crate) fn adamw(
    weight: &mut [f32],
    gradient: &[f32],
    [mean, square]: [&mut [f32]; 2],
    is_first: bool,
    rule: AdamW,
) {
    let weights = weight.par_chunks_mut(SHARE).zip(gradient.par_chunks(SHARE));
    let means = mean.par_chunks_mut(SHARE).zip(square.par_chunks_mut(SHARE));
    weights.zip(means).for_each(|((weight, gradient), (mean, square))| {
        dispatch(AdamWPart { weight, gradient, mean, square, is_first, rule });
    });
}

struct AdamWPart<'a> {
    weight: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    is_first: bool,
    rule: AdamW,
}

impl NullaryFnOnce for AdamWPart<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let AdamW { lr, betas: (beta1, beta2), eps, decay, step } = self.rule;
        let corrections = (1.0 - beta1.powi(step), (1.0 - beta2.powi(step)).sqrt());
        let corrections = (corrections.0 as f32, corrections.1 as f32);
        let (rest1, rest2) = ((1.0 - beta1) as f32, (1.0 - beta2) as f32);
        let (beta1, beta2) = (beta1 as f32, beta2 as f32);
        let (lr, eps, decay) = (lr as f32, eps as f32, decay as f32);
        let weights = self.weight.iter_mut().zip(self.gradient);
        for ((weight, gradient), (mean, square)) in
            weights.zip(self.mean.iter_mut().zip(self.square))
        {
            let (new, new_square) = (gradient * rest1, gradient * gradient * rest2);
            *mean = if self.is_first { new } else { *mean * beta1 + new };
            *square = if self.is_first { new_square } else { *square * beta2 + new_square };
            let direction = (*mean / corrections.0) / (square.sqrt() / corrections.1 + eps);
            *weight -= (direction + *weight * decay) * lr;
        }
    }
}
