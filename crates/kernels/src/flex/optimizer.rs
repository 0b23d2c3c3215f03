//! Steps of optimizers.

use burn::backend::flex::FlexTensor;

use super::values::{slice, take, tensor};
use crate::cpu::adam::{self, Adam};
use crate::cpu::{optimizer, pool};
use crate::profile::span;
use crate::rules::{OfMeans, OfVelocity};

/// Weight and velocity.
pub(super) fn with_velocity(
    weight: FlexTensor,
    gradient: FlexTensor,
    velocity: Option<FlexTensor>,
    rule: OfVelocity,
) -> (FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = velocity.is_none();
    let mut velocity = state(velocity, length);
    span("optimizer", shape, || match rule {
        OfVelocity::Sgd(rule) => {
            optimizer::sgd(&mut weight, &gradient, &mut velocity, is_first, rule);
        }
        OfVelocity::Lars(rule) => {
            optimizer::lars(&mut weight, &gradient, &mut velocity, is_first, rule);
        }
    });
    pool::give(gradient);
    (tensor(weight, [length]), tensor(velocity, [length]))
}

/// Weight, mean and mean square.
pub(super) fn with_means(
    weight: FlexTensor,
    gradient: FlexTensor,
    [mean, square]: [Option<FlexTensor>; 2],
    corrections: Option<FlexTensor>,
    rule: OfMeans,
) -> (FlexTensor, FlexTensor, FlexTensor) {
    let (mut weight, gradient) = (take(weight), take(gradient));
    let length = weight.len();
    let is_first = mean.is_none();
    let (mut mean, mut square) = (state(mean, length), state(square, length));
    let means = [&mut *mean, &mut *square];
    let corrections = corrections.map(|both| [0, 1].map(|which| slice(&both)[which]));
    let adam = |rule| Adam::new(rule, is_first, corrections);
    span("optimizer", shape, || match rule {
        OfMeans::AdamW(rule) => adam::adamw(&mut weight, &gradient, means, adam(rule)),
        OfMeans::Lamb(rule) => adam::lamb(&mut weight, &gradient, means, adam(rule)),
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
