//! How gradients become a step.

use serde::{Deserialize, Serialize};

use crate::recipe::{RecipeError, ensure};

/// How gradients become a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Strength of the weight decay; biases, BatchNorm and other tensors of one dimension have none.
    pub weight_decay: f64,
    /// Parts that a batch is cut into; their gradients are added up before the step. The result is
    /// that of the whole batch, except that BatchNorm sees one part at a time.
    #[serde(default = "one")]
    pub accumulate: usize,
    /// What is done to large gradients.
    #[serde(default)]
    pub clip: Clip,
    /// The rule.
    pub rule: Rule,
}

fn one() -> usize {
    1
}

/// The rule of an optimizer. Coupled weight decay is added to the gradient, decoupled decay to the
/// step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// Stochastic gradient descent with coupled decay, as `torch.optim.SGD` with dampening 0.
    Sgd {
        /// Momentum.
        momentum: f64,
        /// Nesterov's variant.
        nesterov: bool,
    },
    /// Adam with decoupled decay, as `torch.optim.AdamW`
    /// ([Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101)).
    Adamw {
        /// Decay of the running means of the gradient and of its square.
        betas: (f64, f64),
        /// Added to the denominator.
        eps: f64,
    },
    /// Adam's direction, scaled in each tensor to the length of its weights, with decoupled decay, as
    /// timm's `Lamb` ([You et al. 2020](https://arxiv.org/abs/1904.00962)).
    Lamb {
        /// Decay of the running means of the gradient and of its square.
        betas: (f64, f64),
        /// Added to the denominator.
        eps: f64,
    },
    /// Momentum with a rate for each tensor in proportion to its weights' length, with coupled decay,
    /// as timm's `Lars` ([You et al. 2017](https://arxiv.org/abs/1708.03888)).
    Lars {
        /// Momentum.
        momentum: f64,
        /// Step length as a share of the weights' length.
        trust: f64,
    },
    /// The sign of a running mean, with decoupled decay, as timm's `Lion`
    /// ([Chen et al. 2023](https://arxiv.org/abs/2302.06675)).
    Lion {
        /// Share of the old mean in the step, and in the new mean.
        betas: (f64, f64),
    },
}

/// What is done to large gradients.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Clip {
    /// Nothing.
    #[default]
    Off,
    /// All gradients together get at most this length, as `torch.nn.utils.clip_grad_norm_`.
    Norm(f64),
    /// The gradient of each filter gets at most this share of the filter's length, as timm's
    /// `adaptive_clip_grad` ([Brock et al. 2021](https://arxiv.org/abs/2102.06171)).
    Adaptive(f64),
}

/// What a prediction costs, and how images and labels are mixed before.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loss {
    /// The function.
    #[serde(default)]
    pub kind: LossKind,
    /// Share of the target that is spread evenly over all classes.
    #[serde(default)]
    pub label_smoothing: f64,
    /// Parameter of the Beta distribution of mixup's shares, at most 1; 0 is off
    /// ([Zhang et al. 2018](https://arxiv.org/abs/1710.09412)).
    #[serde(default)]
    pub mixup: f64,
    /// The same of cutmix ([Yun et al. 2019](https://arxiv.org/abs/1905.04899)). With both, each batch
    /// gets one of them, equally often.
    #[serde(default)]
    pub cutmix: f64,
}

/// The function that is minimised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LossKind {
    /// Softmax and cross-entropy: one class is right.
    #[default]
    CrossEntropy,
    /// Each class on its own, averaged over the classes
    /// ([Wightman et al. 2021](https://arxiv.org/abs/2110.00476)).
    BinaryCrossEntropy,
}

/// A running mean of the weights and of BatchNorm's statistics, which is what is evaluated and kept.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ema {
    /// Share of the old mean at each update.
    pub decay: f64,
    /// Optimizer steps between updates.
    #[serde(default = "one")]
    pub every: usize,
}

impl Optimizer {
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        let decay = self.weight_decay;
        ensure("optimizer.weight_decay", decay, natural(decay), NATURAL)?;
        let parts = self.accumulate;
        ensure("optimizer.accumulate", parts, parts > 0, "must be at least 1")?;
        if let Clip::Norm(most) | Clip::Adaptive(most) = self.clip {
            ensure("optimizer.clip", most, positive(most), POSITIVE)?;
        }
        self.rule.check()
    }
}

impl Rule {
    fn check(self) -> Result<(), RecipeError> {
        let share = |key, value: f64| ensure(key, value, in_unit(value), FRACTION);
        match self {
            Self::Sgd { momentum, .. } => share("optimizer.rule.sgd.momentum", momentum),
            Self::Lars { momentum, trust } => {
                share("optimizer.rule.lars.momentum", momentum)?;
                ensure("optimizer.rule.lars.trust", trust, positive(trust), POSITIVE)
            }
            Self::Adamw { betas, eps } | Self::Lamb { betas, eps } => {
                check_betas(betas)?;
                ensure("optimizer.rule.eps", eps, positive(eps), POSITIVE)
            }
            Self::Lion { betas } => check_betas(betas),
        }
    }
}

fn check_betas((first, second): (f64, f64)) -> Result<(), RecipeError> {
    ensure("optimizer.rule.betas", first, in_unit(first), FRACTION)?;
    ensure("optimizer.rule.betas", second, in_unit(second), FRACTION)
}

impl Loss {
    pub(crate) fn check(&self) -> Result<(), RecipeError> {
        let smoothing = self.label_smoothing;
        ensure("loss.label_smoothing", smoothing, in_unit(smoothing), FRACTION)?;
        let parameter = |key, value: f64| {
            ensure(key, value, (0.0..=1.0).contains(&value), "must be from 0 (off) to 1")
        };
        parameter("loss.mixup", self.mixup)?;
        parameter("loss.cutmix", self.cutmix)
    }
}

impl Ema {
    pub(crate) fn check(self) -> Result<(), RecipeError> {
        ensure("ema.decay", self.decay, in_unit(self.decay), FRACTION)?;
        ensure("ema.every", self.every, self.every > 0, "must be at least 1")
    }
}

const FRACTION: &str = "must be at least 0 and below 1";
const NATURAL: &str = "must be a finite number of at least 0";
const POSITIVE: &str = "must be a finite number above 0";

fn in_unit(value: f64) -> bool {
    (0.0..1.0).contains(&value)
}

fn natural(value: f64) -> bool {
    value.is_finite() && value >= 0.0
}

fn positive(value: f64) -> bool {
    value.is_finite() && value > 0.0
}
