//! The learning rate as a pure function of the step.

mod plateau;
mod warmup;

use std::f64::consts::PI;

pub use plateau::{Plateau, PlateauState, Watch};
pub use warmup::{WarmupShape, WarmupSteps};

use crate::Averages;

/// Warm-up, then decay; the same step gives the same rate, however a run got there.
///
/// [`Recipe::lr_schedule`](crate::Recipe::lr_schedule) makes one of the section `[schedule]`.
#[derive(Debug, Clone, PartialEq)]
pub struct LrSchedule {
    /// Rate at the end of the warm-up.
    pub peak: f64,
    /// Rate at which the decay ends, and below which none goes.
    pub min: f64,
    /// The rise to the peak.
    pub warmup: WarmupSteps,
    /// What follows.
    pub decay: DecaySteps,
    /// Steps of the whole run.
    pub total_steps: u64,
}

/// The decay after the warm-up, in optimizer steps.
///
/// `Step` and `MultiStep` count from the start of the run, as the TensorFlow reference and timm do;
/// `Linear`, `Cosine`, `Polynomial` and `Exponential` from the end of the warm-up.
#[derive(Debug, Clone, PartialEq)]
pub enum DecaySteps {
    /// The peak to the end.
    Constant,
    /// Multiplies the rate by `factor` every `every` steps (torch's `StepLR`).
    Step {
        /// Steps between two reductions, at least 1.
        every: u64,
        /// Multiplier of each reduction.
        factor: f64,
    },
    /// Multiplies the rate by `factor` at each boundary (torch's `MultiStepLR`).
    MultiStep {
        /// First step of each new rate, ascending.
        boundaries: Vec<u64>,
        /// Multiplier at every boundary.
        factor: f64,
    },
    /// A straight line to the minimum at the end of the run (torch's `LinearLR`).
    Linear,
    /// Half a cosine to the minimum at the end of the run (torch's `CosineAnnealingLR`).
    Cosine,
    /// `(1 - progress)^power` to the minimum at the end of the run (torch's `PolynomialLR`).
    Polynomial {
        /// The exponent.
        power: f64,
    },
    /// Multiplies the rate by `factor` over every `every` steps, smoothly (torch's `ExponentialLR`
    /// where `every` is 1).
    Exponential {
        /// Steps over which the rate falls by `factor`, at least 1.
        every: u64,
        /// Multiplier over `every` steps.
        factor: f64,
    },
    /// Half a cosine up to the peak, half a cosine down to the minimum, without a warm-up of its own
    /// (torch's `OneCycleLR`; [Smith and Topin 2017](https://arxiv.org/abs/1708.07120)).
    OneCycle {
        /// Steps up to the peak.
        rise: u64,
        /// Rate of step 0 as a share of the peak.
        start: f64,
    },
    /// A lower rate each time evaluations stop getting better: see [`LrSchedule::at_plateau`].
    ReduceOnPlateau(Plateau),
}

impl LrSchedule {
    /// The rate for optimizer step `step`, counted from zero. After the end of the run it stays.
    ///
    /// With [`DecaySteps::ReduceOnPlateau`] this is the rate before any reduction.
    #[must_use]
    pub fn at(&self, step: u64) -> f64 {
        if step < self.warmup.steps {
            return self.warmup.rate(self.peak, step);
        }
        match &self.decay {
            DecaySteps::Constant | DecaySteps::ReduceOnPlateau(_) => self.peak,
            DecaySteps::Step { every, factor } => self.reduced(*factor, step / every),
            DecaySteps::MultiStep { boundaries, factor } => {
                let passed = boundaries.iter().filter(|&&boundary| step >= boundary).count();
                self.reduced(*factor, passed as u64)
            }
            DecaySteps::Linear => self.above_min(1.0 - self.progress(step)),
            DecaySteps::Cosine => self.above_min(cosine(self.progress(step))),
            DecaySteps::Polynomial { power } => {
                self.above_min((1.0 - self.progress(step)).powf(*power))
            }
            DecaySteps::Exponential { every, factor } => {
                let periods = (step - self.warmup.steps) as f64 / *every as f64;
                (self.peak * factor.powf(periods)).max(self.min)
            }
            DecaySteps::OneCycle { rise, start } => self.one_cycle(step, *rise, *start),
        }
    }

    /// The rate for `step` after the evaluations that `state` has seen: a pure function of both.
    /// Other decays than [`DecaySteps::ReduceOnPlateau`] take no notice of evaluations.
    ///
    /// ```
    /// use resnet_recipe::{Averages, Decay, Plateau, PlateauState, presets};
    ///
    /// let mut recipe = presets::fashion_mnist_sample();
    /// recipe.schedule.decay = Decay::ReduceOnPlateau(Plateau { patience: 0, ..Plateau::default() });
    /// let schedule = recipe.lr_schedule(80);
    /// let mut state = PlateauState::default();
    /// let same = Averages { cross_entropy: 1.0, top1: 0.5, top5: 0.9 };
    /// schedule.observe(&mut state, &same);
    /// assert_eq!(schedule.at_plateau(100, &state), schedule.peak);
    /// schedule.observe(&mut state, &same); // no better than before
    /// assert_eq!(schedule.at_plateau(100, &state), 0.1 * schedule.peak);
    /// ```
    #[must_use]
    pub fn at_plateau(&self, step: u64, state: &PlateauState) -> f64 {
        match &self.decay {
            DecaySteps::ReduceOnPlateau(rule) if step >= self.warmup.steps => {
                self.reduced(rule.factor, u64::from(state.reductions))
            }
            _ => self.at(step),
        }
    }

    /// Takes note of an evaluation; its effect shows from the next step on.
    pub fn observe(&self, state: &mut PlateauState, validation: &Averages) {
        if let DecaySteps::ReduceOnPlateau(rule) = &self.decay {
            rule.observe(state, validation);
        }
    }

    fn reduced(&self, factor: f64, times: u64) -> f64 {
        let times = i32::try_from(times).unwrap_or(i32::MAX);
        (self.peak * factor.powi(times)).max(self.min)
    }

    /// The rate at `share` of the way from the minimum up to the peak.
    fn above_min(&self, share: f64) -> f64 {
        self.min + (self.peak - self.min) * share
    }

    /// Share of the steps after the warm-up that is done, at most 1.
    fn progress(&self, step: u64) -> f64 {
        let length = self.total_steps.saturating_sub(self.warmup.steps).max(1);
        (step - self.warmup.steps).min(length) as f64 / length as f64
    }

    /// As in torch, both phases include their last step: the peak is at step `rise - 1`.
    fn one_cycle(&self, step: u64, rise: u64, start: f64) -> f64 {
        let top = rise.saturating_sub(1);
        if step < top {
            let low = self.peak * start;
            return low + (self.peak - low) * (1.0 - cosine(step as f64 / top as f64));
        }
        let fall = self.total_steps.saturating_sub(1).saturating_sub(top).max(1);
        self.above_min(cosine((step - top).min(fall) as f64 / fall as f64))
    }
}

/// Half a cosine: 1 where `progress` is 0, and 0 where it is 1.
fn cosine(progress: f64) -> f64 {
    0.5 * (1.0 + (PI * progress).cos())
}
