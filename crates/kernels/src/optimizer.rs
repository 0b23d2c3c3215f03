//! Steps of optimizers in one pass over a parameter.

use burn::tensor::Tensor;

/// Stochastic gradient descent: `d = g + decay * w`, `v = momentum * v + d` from `d` on, and the weight moves
/// by `lr` against `v`, or with Nesterov's variant against `d + momentum * v`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sgd {
    /// Length of the step.
    pub lr: f64,
    /// Share of the last velocity.
    pub momentum: f64,
    /// Whether the velocity is looked ahead.
    pub nesterov: bool,
    /// Weight decay, coupled.
    pub decay: f64,
}

/// [AdamW](https://arxiv.org/abs/1711.05101): the weight moves by `lr` against `m / (1 - b1^t)` over
/// `sqrt(v / (1 - b2^t)) + eps`, plus `decay` times itself.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AdamW {
    /// Length of the step.
    pub lr: f64,
    /// Shares of the last mean and mean square.
    pub betas: (f64, f64),
    /// Added to the denominator.
    pub eps: f64,
    /// Weight decay, decoupled.
    pub decay: f64,
    /// Number of the step, from 1.
    pub step: i32,
}

/// Whether [`sgd_step`] and [`adamw_step`] have kernels for tensors like `values`: f32 on the CPU, unless
/// [switched off](crate::use_kernels).
#[must_use]
pub fn has_optimizer_steps(values: &Tensor<1>) -> bool {
    #[cfg(feature = "flex")]
    return crate::switch::on_cpu(values);
    #[cfg(not(feature = "flex"))]
    {
        let _ = values;
        false
    }
}

/// The weight and the velocity after a step along `gradient`; before the first step there is no velocity. All
/// are flat, of one length, and outside autodiff. Memory that nobody else holds is written in place.
///
/// # Panics
/// Where [`has_optimizer_steps`] says no, or if lengths differ.
#[must_use]
pub fn sgd_step(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Option<Tensor<1>>,
    rule: Sgd,
) -> (Tensor<1>, Tensor<1>) {
    assert_steps(&weight, [&gradient].into_iter().chain(&velocity));
    #[cfg(feature = "flex")]
    {
        use crate::flex::Steps;
        let velocity = velocity.map(Tensor::into_dispatch).into();
        let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
        let (weight, velocity) = burn::backend::Dispatch::sgd(weight, gradient, velocity, rule);
        (Tensor::from_dispatch(weight), Tensor::from_dispatch(velocity))
    }
    #[cfg(not(feature = "flex"))]
    unreachable!("{rule:?}: refused above")
}

/// The weight, and the means of the gradient and of its square, after a step along `gradient`; as [`sgd_step`].
///
/// # Panics
/// Where [`has_optimizer_steps`] says no, or if lengths differ.
#[must_use]
pub fn adamw_step(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    means: Option<[Tensor<1>; 2]>,
    rule: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    assert_steps(&weight, [&gradient].into_iter().chain(means.iter().flatten()));
    #[cfg(feature = "flex")]
    {
        use crate::flex::Steps;
        let (mean, square) = means.map(|[mean, square]| (mean, square)).unzip();
        let [mean, square] = [mean, square].map(|mean| mean.map(Tensor::into_dispatch).into());
        let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
        let (weight, mean, square) =
            burn::backend::Dispatch::adamw(weight, gradient, mean, square, rule);
        (Tensor::from_dispatch(weight), [mean, square].map(Tensor::from_dispatch))
    }
    #[cfg(not(feature = "flex"))]
    unreachable!("{rule:?}: refused above")
}

fn assert_steps<'a>(weight: &Tensor<1>, others: impl Iterator<Item = &'a Tensor<1>>) {
    assert!(has_optimizer_steps(weight), "{:?} has no kernel for optimizers", weight.device());
    for other in others {
        assert_eq!(other.dims(), weight.dims(), "as many numbers as the weight has");
    }
}
