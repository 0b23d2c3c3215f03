//! A lower rate each time evaluations stop getting better.

use serde::{Deserialize, Serialize};

use crate::Averages;

/// When to lower the rate: torch's `ReduceLROnPlateau` with a relative threshold, once for each
/// evaluation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Plateau {
    /// What has to get better.
    pub watch: Watch,
    /// Multiplier of each reduction.
    pub factor: f64,
    /// Evaluations without a better value that are put up with.
    pub patience: u32,
    /// Better means by more than this share of the best value.
    pub threshold: f64,
    /// Evaluations after a reduction that count for nothing.
    pub cooldown: u32,
}

/// The number of an evaluation that has to get better.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Watch {
    /// The share of right answers, the higher the better.
    #[default]
    Top1,
    /// The loss, the lower the better.
    CrossEntropy,
}

/// What the evaluations of a run so far amount to; part of the state of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct PlateauState {
    /// How often the rate was lowered.
    pub reductions: u32,
    best: Option<f64>,
    not_better: u32,
    cooldown_left: u32,
}

impl Default for Plateau {
    /// torch's defaults.
    fn default() -> Self {
        Self { watch: Watch::Top1, factor: 0.1, patience: 10, threshold: 1e-4, cooldown: 0 }
    }
}

impl Plateau {
    /// In the order of torch's `ReduceLROnPlateau.step`.
    pub(super) fn observe(&self, state: &mut PlateauState, validation: &Averages) {
        if self.is_better(state.best, validation) {
            state.best = Some(self.watched(validation));
            state.not_better = 0;
        } else {
            state.not_better += 1;
        }
        if state.cooldown_left > 0 {
            state.cooldown_left -= 1;
            state.not_better = 0;
        }
        if state.not_better > self.patience {
            state.reductions += 1;
            state.cooldown_left = self.cooldown;
            state.not_better = 0;
        }
    }

    fn watched(&self, validation: &Averages) -> f64 {
        match self.watch {
            Watch::Top1 => validation.top1,
            Watch::CrossEntropy => validation.cross_entropy,
        }
    }

    /// A value that is not a number is never better.
    fn is_better(&self, best: Option<f64>, validation: &Averages) -> bool {
        let value = self.watched(validation);
        match (best, self.watch) {
            (None, _) => !value.is_nan(),
            (Some(best), Watch::Top1) => value > best * (1.0 + self.threshold),
            (Some(best), Watch::CrossEntropy) => value < best * (1.0 - self.threshold),
        }
    }
}
