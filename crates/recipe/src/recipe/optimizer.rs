//! `[optimizer]`: how gradients move weights.

use serde::{Deserialize, Serialize};

/// SGD with momentum, as PyTorch's `torch.optim.SGD` with dampening 0.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Optimizer {
    /// Momentum.
    pub momentum: f64,
    /// Nesterov's variant.
    pub nesterov: bool,
    /// Added to the gradient as `weight_decay * weight`; not for biases and BatchNorm.
    pub weight_decay: f64,
    /// Share of the target that is spread evenly over all classes.
    pub label_smoothing: f64,
}
