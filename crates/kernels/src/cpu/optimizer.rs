//! Steps of SGD and LARS: every number is read and written once, and once more before where the length of the
//! step depends on those of all.
//!
//! Operations and their order are those of the formulas, without fused multiplication, so that the results are
//! the bits that one operation after another gives; lengths are summed in 64 bits.

use pulp::NullaryFnOnce;
use rayon::prelude::*;

use crate::instructions::dispatch;
use crate::rules::{Lars, Sgd};

/// Numbers of one task.
pub(super) const SHARE: usize = 1 << 15;
/// Sums that run side by side.
pub(super) const LANES: usize = 16;

/// Moves `weight` against `gradient`. In the first step `velocity` is only written.
pub(crate) fn sgd(
    weight: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    is_first: bool,
    rule: Sgd,
) {
    scaled_sgd(weight, gradient, velocity, is_first, (rule, None));
}

/// The same with decayed gradients of a length that depends on that of the weights.
pub(crate) fn lars(
    weight: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    is_first: bool,
    rule: Lars,
) {
    let Lars { lr, momentum, decay, trust, eps } = rule;
    let (of_weight, of_gradient) = (length(weight), length(gradient));
    let whole = of_gradient + of_weight * decay + eps;
    let scale = ratio(of_weight * trust, whole, [of_weight, of_gradient]);
    let rule = Sgd { lr, momentum, nesterov: false, decay };
    scaled_sgd(weight, gradient, velocity, is_first, (rule, Some(scale)));
}

fn scaled_sgd(
    weight: &mut [f32],
    gradient: &[f32],
    velocity: &mut [f32],
    is_first: bool,
    (rule, scale): (Sgd, Option<f32>),
) {
    let weights = weight.par_chunks_mut(SHARE).zip(gradient.par_chunks(SHARE));
    let parts = weights.zip(velocity.par_chunks_mut(SHARE));
    parts.for_each(|((weight, gradient), velocity)| {
        dispatch(SgdPart { weight, gradient, velocity, is_first, rule, scale });
    });
}

struct SgdPart<'a> {
    weight: &'a mut [f32],
    gradient: &'a [f32],
    velocity: &'a mut [f32],
    is_first: bool,
    rule: Sgd,
    /// Factor of the decayed gradient.
    scale: Option<f32>,
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
            let d = self.scale.map_or(d, |scale| d * scale);
            *velocity = if self.is_first { d } else { *velocity * momentum + d };
            let direction = if nesterov { d + *velocity * momentum } else { *velocity };
            *weight -= direction * lr;
        }
    }
}

/// `numerator / denominator`, and 1 if one of `lengths` is 0.
pub(super) fn ratio(numerator: f64, denominator: f64, lengths: [f64; 2]) -> f32 {
    if lengths.contains(&0.0) { 1.0 } else { (numerator / denominator) as f32 }
}

/// The root of the sum of squares; its order does not depend on the number of threads.
fn length(values: &[f32]) -> f64 {
    let of_part = |values| dispatch(Squares(values));
    let squares: Vec<f64> = values.par_chunks(SHARE).map(of_part).collect();
    squares.iter().sum::<f64>().sqrt()
}

struct Squares<'a>(&'a [f32]);

impl NullaryFnOnce for Squares<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let mut sums = [0.0_f64; LANES];
        for values in self.0.chunks(LANES) {
            for (sum, value) in sums.iter_mut().zip(values) {
                *sum += f64::from(*value) * f64::from(*value);
            }
        }
        sums.iter().sum()
    }
}
