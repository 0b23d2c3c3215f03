//! A step of AdamW or LAMB: a thread moves a few neighbouring weights, in place.

// A launch names every buffer and size that a kernel reads.
#![allow(clippy::too_many_arguments)]

use cubecl::CubeLaunch;
use cubecl::prelude::*;

use super::lengths::{ratio, write_sums};
use super::threads::{first_row, row_step};

/// A running mean: shares of the old one and of the new number, and what it is divided by.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(crate) struct MeanNumbers {
    old: f32,
    new: f32,
    whole: f32,
}

/// The rule of Adam.
#[derive(CubeLaunch, CubeType, Clone, Copy)]
pub(crate) struct AdamNumbers {
    lr: f32,
    decay: f32,
    eps: f32,
    mean: MeanNumbers,
    square: MeanNumbers,
}

/// Weight and both means after a step of AdamW along the gradient. `corrections` are what the mean and the root of the
/// mean square are divided by, if `is_corrected`.
#[cube(launch)]
pub(crate) fn adamw<N: Size>(
    weight: &mut Tensor<Vector<f32, N>>,
    gradient: &Tensor<Vector<f32, N>>,
    mean: &mut Tensor<Vector<f32, N>>,
    square: &mut Tensor<Vector<f32, N>>,
    corrections: &Tensor<f32>,
    rule: &AdamNumbers,
    count: usize,
    #[comptime] is_corrected: bool,
) {
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    remember::<N>(gradient, mean, square, rule, index);
    let old = weight[index];
    let means = (mean[index], square[index]);
    let direction = direction::<N>(old, means, corrections, rule, is_corrected);
    weight[index] = old - direction * Vector::new(rule.lr);
}

/// Both means after a step of LAMB, and the sums of the squares of weights and directions.
#[cube(launch)]
pub(crate) fn lamb_means<N: Size>(
    weight: &Tensor<Vector<f32, N>>,
    gradient: &Tensor<Vector<f32, N>>,
    mean: &mut Tensor<Vector<f32, N>>,
    square: &mut Tensor<Vector<f32, N>>,
    corrections: &Tensor<f32>,
    of_weight: &mut Tensor<Vector<f32, N>>,
    of_step: &mut Tensor<Vector<f32, N>>,
    rule: &AdamNumbers,
    count: usize,
    #[comptime] is_corrected: bool,
) {
    let mut sum_of_weight = Vector::<f32, N>::new(0.0f32);
    let mut sum_of_step = Vector::<f32, N>::new(0.0f32);
    let row = row_step();
    let mut index = first_row();
    while index < count {
        remember::<N>(gradient, mean, square, rule, index);
        let old = weight[index];
        let means = (mean[index], square[index]);
        let direction = direction::<N>(old, means, corrections, rule, is_corrected);
        sum_of_weight += old * old;
        sum_of_step += direction * direction;
        index += row;
    }
    write_sums::<N>(sum_of_weight, sum_of_step, of_weight, of_step);
}

/// Weights after a step as long as they are, times `lr`; `lengths` are those of weights and directions.
#[cube(launch)]
pub(crate) fn lamb_weights<N: Size>(
    weight: &mut Tensor<Vector<f32, N>>,
    mean: &Tensor<Vector<f32, N>>,
    square: &Tensor<Vector<f32, N>>,
    corrections: &Tensor<f32>,
    lengths: &Tensor<f32>,
    rule: &AdamNumbers,
    count: usize,
    #[comptime] is_corrected: bool,
) {
    let index = ABSOLUTE_POS;
    if index >= count {
        terminate!();
    }
    let old = weight[index];
    let means = (mean[index], square[index]);
    let direction = direction::<N>(old, means, corrections, rule, is_corrected);
    let lr = rule.lr * ratio(lengths[0], lengths[1], lengths);
    weight[index] = old - direction * Vector::new(lr);
}

/// Brings gradients into the means.
#[cube]
fn remember<N: Size>(
    gradient: &Tensor<Vector<f32, N>>,
    mean: &mut Tensor<Vector<f32, N>>,
    square: &mut Tensor<Vector<f32, N>>,
    rule: &AdamNumbers,
    index: usize,
) {
    let g = gradient[index];
    mean[index] = running::<N>(mean[index], g, &rule.mean);
    square[index] = running::<N>(square[index], g * g, &rule.square);
}

/// The running mean after another number.
#[cube]
fn running<N: Size>(
    mean: Vector<f32, N>,
    number: Vector<f32, N>,
    shares: &MeanNumbers,
) -> Vector<f32, N> {
    mean * Vector::new(shares.old) + number * Vector::new(shares.new)
}

/// What weights move against.
#[cube]
fn direction<N: Size>(
    weight: Vector<f32, N>,
    means: (Vector<f32, N>, Vector<f32, N>),
    corrections: &Tensor<f32>,
    rule: &AdamNumbers,
    #[comptime] is_corrected: bool,
) -> Vector<f32, N> {
    let (mean, square) = means;
    let mut of_mean = rule.mean.whole;
    let mut of_root = rule.square.whole;
    if is_corrected {
        of_mean = corrections[0];
        of_root = corrections[1];
    }
    let scale = square.sqrt() / Vector::new(of_root) + Vector::new(rule.eps);
    mean / Vector::new(of_mean) / scale + weight * Vector::new(rule.decay)
}
