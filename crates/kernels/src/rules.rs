//! The rules of optimizers as numbers.

/// Rules that remember a velocity.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(any(feature = "flex", feature = "cube")),
    expect(dead_code, reason = "without kernels nobody follows a rule")
)]
pub(crate) enum OfVelocity {
    Sgd(Sgd),
    Lars(Lars),
}

/// Rules that remember the means of the gradient and of its square.
#[derive(Debug, Clone, Copy)]
#[cfg_attr(
    not(any(feature = "flex", feature = "cube")),
    expect(dead_code, reason = "without kernels nobody follows a rule")
)]
pub(crate) enum OfMeans {
    AdamW(AdamW),
    /// The same with a step as long as the weights.
    Lamb(AdamW),
}

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

/// [LARS](https://arxiv.org/abs/1708.03888): SGD with momentum whose decayed gradient `g + decay * w` is multiplied
/// by `trust * |w| / (|g| + decay * |w| + eps)`, or by 1 where `|w|` or `|g|` is 0.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lars {
    /// Length of the step.
    pub lr: f64,
    /// Share of the last velocity.
    pub momentum: f64,
    /// Weight decay, coupled.
    pub decay: f64,
    /// Length of a step against that of the weights.
    pub trust: f64,
    /// Added to the denominator.
    pub eps: f64,
}
