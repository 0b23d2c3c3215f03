//! Steps of optimizers.

use burn::backend::flex::FlexTensor;

use super::values::{take, tensor};
use crate::cpu::{adam, optimizer, pool};
use crate::profile::span;
use crate::rules::{AdamW, Lars, Sgd};

/// Weight and velocity.
pub(super) fn sgd(
    weight: FlexTensor,
    gradient: FlexTensor,
    velocity: Option<FlexTensor>,
    rule: Sgd,
) -> (FlexTensor, FlexTensor) {
    with_velocity(weight, gradient, velocity, |weight, gradient, velocity, is_first| {
        optimizer::sgd(weight, gradient, velocity, is_first, rule);
    })
}

/// Weight and velocity.
pub(super) fn lars(
    weight: FlexTensor,
    gradient: FlexTensor,
    velocity: Option<FlexTensor>,
    rule: Lars,
) -> (FlexTensor, FlexTensor) {
    with_velocity(weight, gradient, velocity, |weight, gradient, velocity, is_first| {
        optimizer::lars(weight, gradient, velocity, is_first, rule);
    })
}

fn with_velocity(
    weight: FlexTensor,
    gradient: FlexTensor,
    velocity: Option<FlexTensor>,
    step: impl FnOnce(&mut [f32], &[f32], &mut [f32], bool),
) -> (FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = velocity.is_none();
    let mut velocity = state(velocity, length);
    span("optimizer", shape, || step(&mut weight, &gradient, &mut velocity, is_first));
    pool::give(gradient);
    (tensor(weight, [length]), tensor(velocity, [length]))
}

/// Weight, mean and mean square.
pub(super) fn adamw(
    weight: FlexTensor,
    gradient: FlexTensor,
    means: [Option<FlexTensor>; 2],
    rule: AdamW,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    with_means(weight, gradient, means, |weight, gradient, means, is_first| {
        adam::adamw(weight, gradient, means, is_first, rule);
    })
}

/// Weight, mean and mean square.
pub(super) fn lamb(
    weight: FlexTensor,
    gradient: FlexTensor,
    means: [Option<FlexTensor>; 2],
    rule: AdamW,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    with_means(weight, gradient, means, |weight, gradient, means, is_first| {
        adam::lamb(weight, gradient, means, is_first, rule);
    })
}

fn with_means(
    weight: FlexTensor,
    gradient: FlexTensor,
    [mean, square]: [Option<FlexTensor>; 2],
    step: impl FnOnce(&mut [f32], &[f32], [&mut [f32]; 2], bool),
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = mean.is_none();
    let (mut mean, mut square) = (state(mean, length), state(square, length));
    let means = [&mut *mean, &mut *square];
    span("optimizer", shape, || step(&mut weight, &gradient, means, is_first));
    pool::give(gradient);
    (tensor(weight, [length]), tensor(mean, [length]), tensor(square, [length]))
}

/// What is remembered, or room for it.
fn state(old: Option<FlexTensor>, length: usize) -> Vec<f32> {
    old.map_or_else(|| pool::take(length), take)
}

/// All parameters are one line of a profile.
fn shape() -> (String, f64) {
    ("all parameters".to_owned(), 0.0)
}
