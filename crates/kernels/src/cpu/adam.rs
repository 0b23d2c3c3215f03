//! Steps of AdamW and LAMB, as those of [`optimizer`](super::optimizer).

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use super::optimizer::{LANES, SHARE, ratio};
use crate::instructions::dispatch;
use crate::rules::AdamW;

/// What Adam's rules compute with.
#[derive(Clone, Copy)]
pub(crate) struct Adam {
    lr: f32,
    betas: (f32, f32),
    /// What is missing from the shares to 1.
    rests: (f32, f32),
    /// What the mean and the root of the mean square are divided by.
    corrections: [f32; 2],
    eps: f32,
    decay: f32,
    is_first: bool,
}

impl Adam {
    /// By a rule; `corrections` are instead of those of its step.
    pub(crate) fn new(rule: AdamW, is_first: bool, corrections: Option<[f32; 2]>) -> Self {
        let AdamW { lr, betas: (beta1, beta2), eps, decay, step } = rule;
        let of_step = || [1.0 - beta1.powi(step), (1.0 - beta2.powi(step)).sqrt()];
        Self {
            lr: lr as f32,
            betas: (beta1 as f32, beta2 as f32),
            rests: ((1.0 - beta1) as f32, (1.0 - beta2) as f32),
            corrections: corrections.unwrap_or_else(|| of_step().map(|it| it as f32)),
            eps: eps as f32,
            decay: decay as f32,
            is_first,
        }
    }

    /// Brings a gradient into the means.
    #[inline(always)]
    fn remember(&self, gradient: f32, mean: &mut f32, square: &mut f32) {
        let (new, new_square) = (gradient * self.rests.0, gradient * gradient * self.rests.1);
        *mean = if self.is_first { new } else { *mean * self.betas.0 + new };
        *square = if self.is_first { new_square } else { *square * self.betas.1 + new_square };
    }

    /// What a weight moves against.
    #[inline(always)]
    fn direction(&self, weight: f32, mean: f32, square: f32) -> f32 {
        let scale = square.sqrt() / self.corrections[1] + self.eps;
        (mean / self.corrections[0]) / scale + weight * self.decay
    }
}

/// Moves `weight` against `gradient`. In the first step `mean` and `square` are only written.
pub(crate) fn adamw(
    weight: &mut [f32],
    gradient: &[f32],
    [mean, square]: [&mut [f32]; 2],
    adam: Adam,
) {
    let weights = weight.par_chunks_mut(SHARE).zip(gradient.par_chunks(SHARE));
    let means = mean.par_chunks_mut(SHARE).zip(square.par_chunks_mut(SHARE));
    weights.zip(means).for_each(|((weight, gradient), (mean, square))| {
        dispatch(AdamWPart { weight, gradient, mean, square, adam });
    });
}

struct AdamWPart<'a> {
    weight: &'a mut [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    adam: Adam,
}

impl NullaryFnOnce for AdamWPart<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let means = self.mean.iter_mut().zip(self.square);
        for ((weight, gradient), (mean, square)) in
            self.weight.iter_mut().zip(self.gradient).zip(means)
        {
            self.adam.remember(*gradient, mean, square);
            *weight -= self.adam.direction(*weight, *mean, *square) * self.adam.lr;
        }
    }
}

/// The same with a step as long as the weights, times `lr`.
pub(crate) fn lamb(
    weight: &mut [f32],
    gradient: &[f32],
    [mean, square]: [&mut [f32]; 2],
    adam: Adam,
) {
    let weights = weight.par_chunks(SHARE).zip(gradient.par_chunks(SHARE));
    let means = mean.par_chunks_mut(SHARE).zip(square.par_chunks_mut(SHARE));
    let remember = |((weight, gradient), (mean, square))| {
        dispatch(LambMeans { weight, gradient, mean, square, adam })
    };
    // Collected, so that the order of the sum does not depend on who was first.
    let squares: Vec<[f64; 2]> = weights.zip(means).map(remember).collect();
    let [of_weight, of_step] =
        [0, 1].map(|which| squares.iter().map(|squares| squares[which]).sum::<f64>().sqrt());
    let trust = ratio(of_weight, of_step, [of_weight, of_step]);
    let means = mean.par_chunks(SHARE).zip(square.par_chunks(SHARE));
    weight.par_chunks_mut(SHARE).zip(means).for_each(|(weight, (mean, square))| {
        dispatch(LambWeights { weight, mean, square, adam, trust });
    });
}

struct LambMeans<'a> {
    weight: &'a [f32],
    gradient: &'a [f32],
    mean: &'a mut [f32],
    square: &'a mut [f32],
    adam: Adam,
}

impl NullaryFnOnce for LambMeans<'_> {
    /// Sums of the squares of weights and directions.
    type Output = [f64; 2];

    #[inline(always)]
    fn call(self) -> [f64; 2] {
        let mut sums = [[0.0_f64; LANES]; 2];
        let weights = self.weight.chunks(LANES).zip(self.gradient.chunks(LANES));
        let means = self.mean.chunks_mut(LANES).zip(self.square.chunks_mut(LANES));
        for ((weights, gradients), (means, squares)) in weights.zip(means) {
            for (lane, (weight, gradient)) in weights.iter().zip(gradients).enumerate() {
                self.adam.remember(*gradient, &mut means[lane], &mut squares[lane]);
                let direction = self.adam.direction(*weight, means[lane], squares[lane]);
                sums[0][lane] += f64::from(*weight) * f64::from(*weight);
                sums[1][lane] += f64::from(direction) * f64::from(direction);
            }
        }
        [sums[0].iter().sum(), sums[1].iter().sum()]
    }
}

struct LambWeights<'a> {
    weight: &'a mut [f32],
    mean: &'a [f32],
    square: &'a [f32],
    adam: Adam,
    trust: f32,
}

impl NullaryFnOnce for LambWeights<'_> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let means = self.mean.iter().zip(self.square);
        for (weight, (mean, square)) in self.weight.iter_mut().zip(means) {
            let direction = self.adam.direction(*weight, *mean, *square);
            *weight -= direction * self.trust * self.adam.lr;
        }
    }
}
