//! Steps of optimizers in one pass over a parameter, or two where its length decides that of the step.

use burn::tensor::Tensor;

use crate::rules::{AdamW, Lars, OfMeans, OfVelocity, Sgd};

/// Whether [`sgd_step`], [`lars_step`], [`adamw_step`] and [`lamb_step`] have kernels for tensors like `values`: f32 on
/// the CPU and on GPUs, unless [switched off](crate::use_kernels).
#[must_use]
pub fn has_optimizer_steps(values: &Tensor<1>) -> bool {
    #[cfg(any(feature = "flex", feature = "cube"))]
    {
        use crate::switch::{on_cpu, on_gpu};
        on_cpu(values) || on_gpu(values) && values.dtype() == burn::tensor::DType::F32
    }
    #[cfg(not(any(feature = "flex", feature = "cube")))]
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
    with_velocity(weight, gradient, velocity, OfVelocity::Sgd(rule))
}

/// The weight and the velocity after a step of [`Lars`] along `gradient`; as [`sgd_step`].
///
/// # Panics
/// As [`sgd_step`].
#[must_use]
pub fn lars_step(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Option<Tensor<1>>,
    rule: Lars,
) -> (Tensor<1>, Tensor<1>) {
    with_velocity(weight, gradient, velocity, OfVelocity::Lars(rule))
}

/// The weight, and the means of the gradient and of its square, after a step along `gradient`; as [`sgd_step`].
/// Where only the device knows how many steps `t` the means have seen, `corrections` are `1 - b1^t` and the root of
/// `1 - b2^t`, `[2]`, and the step of `rule` does not matter.
///
/// # Panics
/// As [`sgd_step`].
#[must_use]
pub fn adamw_step(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    means: Option<[Tensor<1>; 2]>,
    corrections: Option<Tensor<1>>,
    rule: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    with_means(weight, gradient, means, corrections, OfMeans::AdamW(rule))
}

/// The weight, and the means of the gradient and of its square, after a step of
/// [LAMB](https://arxiv.org/abs/1904.00962) along `gradient`: that of `rule`, brought to the length of the weight
/// unless that or its own is 0. As [`adamw_step`].
///
/// # Panics
/// As [`sgd_step`].
#[must_use]
pub fn lamb_step(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    means: Option<[Tensor<1>; 2]>,
    corrections: Option<Tensor<1>>,
    rule: AdamW,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    with_means(weight, gradient, means, corrections, OfMeans::Lamb(rule))
}

fn with_velocity(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    velocity: Option<Tensor<1>>,
    rule: OfVelocity,
) -> (Tensor<1>, Tensor<1>) {
    check(&weight, [&gradient].into_iter().chain(&velocity));
    #[cfg(any(feature = "flex", feature = "cube"))]
    {
        use crate::steps::Steps;
        let velocity = velocity.map(Tensor::into_dispatch).into();
        let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
        let (weight, velocity) =
            burn::backend::Dispatch::with_velocity(weight, gradient, velocity, rule);
        (Tensor::from_dispatch(weight), Tensor::from_dispatch(velocity))
    }
    #[cfg(not(any(feature = "flex", feature = "cube")))]
    unreachable!("{rule:?}: refused above")
}

fn with_means(
    weight: Tensor<1>,
    gradient: Tensor<1>,
    means: Option<[Tensor<1>; 2]>,
    corrections: Option<Tensor<1>>,
    rule: OfMeans,
) -> (Tensor<1>, [Tensor<1>; 2]) {
    check(&weight, [&gradient].into_iter().chain(means.iter().flatten()));
    assert!(corrections.as_ref().is_none_or(|both| both.dims() == [2]), "two corrections");
    #[cfg(any(feature = "flex", feature = "cube"))]
    {
        use crate::steps::Steps;
        let (mean, square) = means.map(|[mean, square]| (mean, square)).unzip();
        let [mean, square] = [mean, square].map(|mean| mean.map(Tensor::into_dispatch).into());
        let corrections = corrections.map(Tensor::into_dispatch).into();
        let (weight, gradient) = (weight.into_dispatch(), gradient.into_dispatch());
        let (weight, mean, square) =
            burn::backend::Dispatch::with_means(weight, gradient, mean, square, corrections, rule);
        (Tensor::from_dispatch(weight), [mean, square].map(Tensor::from_dispatch))
    }
    #[cfg(not(any(feature = "flex", feature = "cube")))]
    unreachable!("{rule:?}: refused above")
}

fn check<'a>(weight: &Tensor<1>, others: impl Iterator<Item = &'a Tensor<1>>) {
    assert!(has_optimizer_steps(weight), "{:?} has no kernel for optimizers", weight.device());
    for other in others {
        assert_eq!(other.dims(), weight.dims(), "as many numbers as the weight has");
    }
}
