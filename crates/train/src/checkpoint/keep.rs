//! Which checkpoints stay.

use std::cmp::Reverse;
use std::collections::BTreeSet;

/// Which checkpoints stay when a new one is complete: those that any of the rules names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The newest ones, this many; at least 1.
    pub last: usize,
    /// Those with the highest top-1 accuracy, this many.
    pub best: usize,
    /// Those whose step is a multiple of this.
    pub every: Option<u64>,
}

impl Default for Keep {
    /// The last three.
    fn default() -> Self {
        Self { last: 3, best: 0, every: None }
    }
}

impl Keep {
    /// The steps that stay of `checkpoints`, steps (ascending) with their accuracy where it is known.
    #[must_use]
    pub fn choose(&self, checkpoints: &[(u64, Option<f64>)]) -> BTreeSet<u64> {
        let newest = checkpoints.len().saturating_sub(self.last.max(1));
        let every =
            |step: u64| self.every.is_some_and(|every| every > 0 && step.is_multiple_of(every));
        let steps = checkpoints.iter().map(|&(step, _)| step);
        let mut kept: BTreeSet<u64> = steps.clone().skip(newest).collect();
        kept.extend(steps.filter(|&step| every(step)));
        let mut scored: Vec<(f64, Reverse<u64>)> =
            checkpoints.iter().filter_map(|&(step, score)| Some((score?, Reverse(step)))).collect();
        // Of equal ones the older: it is what `best.safetensors` holds.
        scored.sort_by(|a, b| b.0.total_cmp(&a.0).then(b.1.cmp(&a.1)));
        kept.extend(scored.iter().take(self.best).map(|(_, Reverse(step))| *step));
        kept
    }
}
