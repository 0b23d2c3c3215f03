//! Steps of optimizers.

use burn::backend::flex::FlexTensor;

use super::values::{take, tensor};
use crate::cpu::{optimizer, pool};
use crate::profile::span;
use crate::rules::{AdamW, Sgd};

/// Weight and velocity.
pub(super) fn sgd(
    weight: FlexTensor,
    gradient: FlexTensor,
    velocity: Option<FlexTensor>,
    rule: Sgd,
) -> (FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = velocity.is_none();
    let mut velocity = state(velocity, length);
    span("optimizer", shape, || {
        optimizer::sgd(&mut weight, &gradient, &mut velocity, is_first, rule);
    });
    pool::give(gradient);
    (tensor(weight, [length]), tensor(velocity, [length]))
}

/// Weight, mean and mean square.
pub(super) fn adamw(
    weight: FlexTensor,
    gradient: FlexTensor,
    [mean, square]: [Option<FlexTensor>; 2],
    rule: AdamW,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = mean.is_none();
    let (mut mean, mut square) = (state(mean, length), state(square, length));
    span("optimizer", shape, || {
        let means = [&mut *mean, &mut *square];
        optimizer::adamw(&mut weight, &gradient, means, is_first, rule);
    });
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
