//! `[schedule]`: the learning rate over the run.

use serde::{Deserialize, Serialize};

use super::Recipe;
use crate::schedule::{DecaySteps, LrSchedule, Plateau, WarmupShape, WarmupSteps};
use crate::span::{RunLength, Span};

/// The learning rate over the run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Schedule {
    /// Learning rate at the end of the warm-up, before [`scaling`](Self::scaling). Rates above 1 are
    /// normal for large batches.
    pub base_lr: f64,
    /// What the batch size does to `base_lr`.
    #[serde(default)]
    pub scaling: LrScaling,
    /// Where the decay ends and below which no decay goes; not scaled.
    #[serde(default)]
    pub min_lr: f64,
    /// The first steps.
    pub warmup: Warmup,
    /// What follows the warm-up.
    pub decay: Decay,
}

/// What the batch size does to the base learning rate.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LrScaling {
    /// `base_lr` is for a batch of 256: multiplied by `batch_size / 256`
    /// ([Goyal et al. 2017](https://arxiv.org/abs/1706.02677)).
    #[default]
    Linear,
    /// `base_lr` is for a batch of 256: multiplied by the square root of `batch_size / 256`, usual
    /// with adaptive optimizers ([You et al. 2019](https://arxiv.org/abs/1904.00962)).
    SquareRoot,
    /// `base_lr` is for the batch size as it is.
    None,
}

/// The first steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Warmup {
    /// How long it takes; 0 for none.
    pub length: Span,
    /// How the rate rises.
    #[serde(default)]
    pub shape: WarmupShape,
    /// Rate of the first step as a share of the peak.
    #[serde(default)]
    pub from: f64,
}

/// What follows the warm-up; each as in [`DecaySteps`].
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub enum Decay {
    /// The peak to the end.
    Constant,
    /// Multiplied by `factor` once every `every`, counted from the start of the run.
    Step {
        /// Between two reductions.
        every: Span,
        /// Multiplier.
        factor: f64,
    },
    /// Multiplied by `factor` at each moment of `at`, counted from the start of the run.
    MultiStep {
        /// Moments, ascending.
        at: Vec<Span>,
        /// Multiplier.
        factor: f64,
    },
    /// A straight line to `min_lr` at the end of the run.
    Linear,
    /// Half a cosine to `min_lr` at the end of the run.
    Cosine,
    /// `(1 - progress)^power`, to `min_lr` at the end of the run.
    Polynomial {
        /// The exponent.
        power: f64,
    },
    /// Falls by `factor` over each `every`, smoothly.
    Exponential {
        /// Over which it falls.
        every: Span,
        /// Multiplier.
        factor: f64,
    },
    /// Up to the peak and down to `min_lr`, in place of a warm-up.
    OneCycle {
        /// The way up.
        rise: Span,
        /// Rate of the first step as a share of the peak.
        start: f64,
    },
    /// A lower rate each time evaluations stop getting better.
    ReduceOnPlateau(Plateau),
}

impl Warmup {
    /// A straight line from zero over `length`.
    #[must_use]
    pub fn linear(length: Span) -> Self {
        Self { length, shape: WarmupShape::Linear, from: 0.0 }
    }

    fn in_steps(self, run: &RunLength) -> WarmupSteps {
        WarmupSteps { steps: self.length.in_steps(run), shape: self.shape, from: self.from }
    }
}

impl Decay {
    fn in_steps(&self, run: &RunLength) -> DecaySteps {
        let period = |every: Span| every.in_steps(run).max(1);
        match self {
            Self::Constant => DecaySteps::Constant,
            Self::Step { every, factor } => {
                DecaySteps::Step { every: period(*every), factor: *factor }
            }
            Self::MultiStep { at, factor } => DecaySteps::MultiStep {
                boundaries: at.iter().map(|span| span.in_steps(run)).collect(),
                factor: *factor,
            },
            Self::Linear => DecaySteps::Linear,
            Self::Cosine => DecaySteps::Cosine,
            Self::Polynomial { power } => DecaySteps::Polynomial { power: *power },
            Self::Exponential { every, factor } => {
                DecaySteps::Exponential { every: period(*every), factor: *factor }
            }
            Self::OneCycle { rise, start } => {
                DecaySteps::OneCycle { rise: rise.in_steps(run), start: *start }
            }
            Self::ReduceOnPlateau(rule) => DecaySteps::ReduceOnPlateau(rule.clone()),
        }
    }
}

impl Recipe {
    /// The learning rate of this recipe for an epoch of `steps_per_epoch` optimizer steps.
    #[must_use]
    pub fn lr_schedule(&self, steps_per_epoch: u64) -> LrSchedule {
        let total_steps = self.train.epochs.saturating_mul(steps_per_epoch);
        let run = RunLength { steps_per_epoch, batch_size: self.train.batch_size, total_steps };
        LrSchedule {
            peak: self.peak_lr(),
            min: self.schedule.min_lr,
            warmup: self.schedule.warmup.in_steps(&run),
            decay: self.schedule.decay.in_steps(&run),
            total_steps,
        }
    }

    /// The learning rate at the end of the warm-up.
    #[must_use]
    pub fn peak_lr(&self) -> f64 {
        let (base, batch) = (self.schedule.base_lr, self.train.batch_size as f64);
        match self.schedule.scaling {
            LrScaling::Linear => base * batch / 256.0,
            LrScaling::SquareRoot => base * (batch / 256.0).sqrt(),
            LrScaling::None => base,
        }
    }
}
