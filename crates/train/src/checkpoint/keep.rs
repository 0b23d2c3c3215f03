//! Which checkpoints stay.

use std::cmp::Ordering;
use std::collections::BTreeSet;

use super::{Best, BestBy};

/// Which checkpoints stay when a new one is complete: those that any of the rules names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Keep {
    /// The newest ones, this many; at least 1.
    pub last: usize,
    /// The best of those that were evaluated, this many.
    pub best: usize,
    /// What makes an evaluation better than another, for these and for `best.safetensors`.
    pub best_by: BestBy,
    /// Those whose step is a multiple of this.
    pub every: Option<u64>,
}

impl Default for Keep {
    /// The last three.
    fn default() -> Self {
        Self { last: 3, best: 0, best_by: BestBy::Top1, every: None }
    }
}

impl Keep {
    /// The steps that stay of `checkpoints`, steps (ascending) with their evaluations where there were any.
    #[must_use]
    pub fn choose(&self, checkpoints: &[(u64, Option<Best>)]) -> BTreeSet<u64> {
        let newest = checkpoints.len().saturating_sub(self.last.max(1));
        let every =
            |step: u64| self.every.is_some_and(|every| every > 0 && step.is_multiple_of(every));
        let steps = checkpoints.iter().map(|&(step, _)| step);
        let mut kept: BTreeSet<u64> = steps.clone().skip(newest).collect();
        kept.extend(steps.filter(|&step| every(step)));
        let mut evaluated: Vec<(u64, Best)> =
            checkpoints.iter().filter_map(|&(step, found)| Some((step, found?))).collect();
        // A stable sort: of equal ones the older comes first, which `best.safetensors` holds.
        evaluated.sort_by(|(_, a), (_, b)| self.better_first(a, b));
        kept.extend(evaluated.iter().take(self.best).map(|&(step, _)| step));
        kept
    }

    fn better_first(&self, a: &Best, b: &Best) -> Ordering {
        match (self.best_by.prefers(a, b), self.best_by.prefers(b, a)) {
            (true, _) => Ordering::Less,
            (_, true) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}
