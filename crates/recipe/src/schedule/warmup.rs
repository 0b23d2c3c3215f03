//! The first steps, up to the peak.

use serde::{Deserialize, Serialize};

/// How the rate rises.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WarmupShape {
    /// A straight line (torch's `LinearLR`; [Goyal et al. 2017](https://arxiv.org/abs/1706.02677)).
    #[default]
    Linear,
    /// One low rate, then the peak at once (torch's `ConstantLR`).
    Constant,
    /// The same factor at every step (torch's `ExponentialLR`, rising).
    Exponential,
    /// Half a cosine (torch's `CosineAnnealingLR`, rising).
    Cosine,
}

/// The warm-up in optimizer steps.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WarmupSteps {
    /// Steps below the peak.
    pub steps: u64,
    /// How the rate rises.
    pub shape: WarmupShape,
    /// Rate of step 0 as a share of the peak.
    pub from: f64,
}

impl WarmupSteps {
    /// The rate of a step within the warm-up.
    ///
    /// Linear and from zero it is that of the TensorFlow reference (`learning_rate_with_decay` in
    /// `official/r1/resnet/resnet_run_loop.py`): `peak * step / steps`, so step 0 has rate 0.
    pub(super) fn rate(&self, peak: f64, step: u64) -> f64 {
        let (step, steps) = (step as f64, self.steps as f64);
        let low = peak * self.from;
        match self.shape {
            WarmupShape::Linear => low + peak * (1.0 - self.from) * step / steps,
            WarmupShape::Constant => low,
            WarmupShape::Exponential => peak * self.from.powf(1.0 - step / steps),
            WarmupShape::Cosine => low + (peak - low) * (1.0 - super::cosine(step / steps)),
        }
    }
}
