//! `[optimizer]`: how gradients become a step.

use serde::{Deserialize, Serialize};

use super::RecipeError;
use super::check::{FRACTION, NATURAL, POSITIVE, ensure, in_unit, natural, positive};

/// How gradients become a step.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Strength of the weight decay; biases, BatchNorm and other tensors of one dimension have none.
    pub weight_decay: f64,
    /// Parts that a batch is cut into; their gradients are added up before the step. The result is
    /// that of the whole batch, except that BatchNorm sees one part at a time.
    #[serde(default = "super::one")]
    pub accumulate: usize,
    /// What is done to large gradients.
    #[serde(default)]
    pub clip: Clip,
    /// Factor between the learning rates of neighbouring parts: the classifier has the whole rate, `layer4` this
    /// share of it, `layer3` its square and so on down to the stem, in a network of three stages too
    /// ([Clark et al. 2020](https://arxiv.org/abs/2003.10555)); 1 treats all alike.
    #[serde(default = "whole")]
    pub layer_decay: f64,
    /// The rule.
    pub rule: Rule,
}

/// The rule of an optimizer. Coupled weight decay is added to the gradient, decoupled decay to the
/// step.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Rule {
    /// Stochastic gradient descent with coupled decay, as `torch.optim.SGD` with dampening 0.
    Sgd {
        /// Momentum; 0.9 unless given.
        #[serde(default = "momentum")]
        momentum: f64,
        /// Nesterov's variant; off unless given.
        #[serde(default)]
        nesterov: bool,
    },
    /// Adam with decoupled decay, as `torch.optim.AdamW`
    /// ([Loshchilov and Hutter 2019](https://arxiv.org/abs/1711.05101)).
    Adamw {
        /// Decay of the running means of the gradient and of its square; 0.9 and 0.999 unless given.
        #[serde(default = "adam_betas")]
        betas: (f64, f64),
        /// Added to the denominator; 1e-8 unless given.
        #[serde(default = "adam_eps")]
        eps: f64,
    },
    /// Adam's direction, scaled in each tensor to the length of its weights, with decoupled decay, as
    /// timm's `Lamb` ([You et al. 2020](https://arxiv.org/abs/1904.00962)).
    Lamb {
        /// Decay of the running means of the gradient and of its square; 0.9 and 0.999 unless given.
        #[serde(default = "adam_betas")]
        betas: (f64, f64),
        /// Added to the denominator; 1e-6 unless given.
        #[serde(default = "lamb_eps")]
        eps: f64,
    },
    /// Momentum with a rate for each tensor in proportion to its weights' length, with coupled decay,
    /// as timm's `Lars` ([You et al. 2017](https://arxiv.org/abs/1708.03888)).
    Lars {
        /// Momentum; 0.9 unless given.
        #[serde(default = "momentum")]
        momentum: f64,
        /// Step length as a share of the weights' length; 0.001 unless given.
        #[serde(default = "lars_trust")]
        trust: f64,
    },
    /// The sign of a running mean, with decoupled decay, as timm's `Lion`
    /// ([Chen et al. 2023](https://arxiv.org/abs/2302.06675)).
    Lion {
        /// Share of the old mean in the step, and in the new mean; 0.9 and 0.99 unless given.
        #[serde(default = "lion_betas")]
        betas: (f64, f64),
    },
    /// For the weights of convolutions the mean gradient made orthogonal, a filter being a row, as
    /// `torch.optim.Muon` with `adjust_lr_fn="match_rms_adamw"`, which makes its steps as long as Adam's; all
    /// else as `torch.optim.AdamW` ([Jordan 2024](https://kellerjordan.github.io/posts/muon/),
    /// [Liu et al. 2025](https://arxiv.org/abs/2502.16982)).
    Muon {
        /// Share of the old mean gradient; 0.95 unless given.
        #[serde(default = "muon_momentum")]
        momentum: f64,
        /// Nesterov's variant; on unless given.
        #[serde(default = "on")]
        nesterov: bool,
        /// Of AdamW: decay of the running means of the gradient and of its square; 0.9 and 0.999 unless given.
        #[serde(default = "adam_betas")]
        betas: (f64, f64),
        /// Of AdamW: added to the denominator; 1e-8 unless given.
        #[serde(default = "adam_eps")]
        eps: f64,
    },
}

/// What a rule has unless a recipe says otherwise: what `torch.optim` and timm have, but for SGD's momentum, which is 0 there.
fn momentum() -> f64 {
    0.9
}

fn adam_betas() -> (f64, f64) {
    (0.9, 0.999)
}

fn adam_eps() -> f64 {
    1e-8
}

fn lamb_eps() -> f64 {
    1e-6
}

fn lars_trust() -> f64 {
    0.001
}

fn lion_betas() -> (f64, f64) {
    (0.9, 0.99)
}

fn muon_momentum() -> f64 {
    0.95
}

fn on() -> bool {
    true
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

impl Optimizer {
    pub(super) fn check(&self) -> Result<(), RecipeError> {
        let decay = self.weight_decay;
        ensure("optimizer.weight_decay", decay, natural(decay), NATURAL)?;
        let parts = self.accumulate;
        ensure("optimizer.accumulate", parts, parts > 0, "must be at least 1")?;
        if let Clip::Norm(most) | Clip::Adaptive(most) = self.clip {
            ensure("optimizer.clip", most, positive(most), POSITIVE)?;
        }
        let factor = self.layer_decay;
        let sound = factor > 0.0 && factor <= 1.0;
        ensure("optimizer.layer_decay", factor, sound, "must be above 0 and at most 1")?;
        self.rule.check()
    }
}

fn whole() -> f64 {
    1.0
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
            Self::Muon { momentum, betas, eps, .. } => {
                share("optimizer.rule.muon.momentum", momentum)?;
                check_betas(betas)?;
                ensure("optimizer.rule.eps", eps, positive(eps), POSITIVE)
            }
        }
    }
}

fn check_betas((first, second): (f64, f64)) -> Result<(), RecipeError> {
    ensure("optimizer.rule.betas", first, in_unit(first), FRACTION)?;
    ensure("optimizer.rule.betas", second, in_unit(second), FRACTION)
}
