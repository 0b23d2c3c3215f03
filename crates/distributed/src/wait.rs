//! Waiting for other ranks, but not for ever.

use std::time::{Duration, Instant};

use crate::CollectiveError;

/// For what a rank waits, and how long at most.
#[derive(Debug, Clone)]
pub struct Wait {
    exchange: String,
    limit: Option<Duration>,
}

impl Wait {
    pub(crate) fn new(exchange: String, limit: Option<Duration>) -> Self {
        Self { exchange, limit }
    }

    /// The longest time; `None` waits for ever.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        self.limit
    }

    /// The time that is left, all of it yet.
    pub(crate) fn countdown(&self) -> Countdown {
        Countdown(self.limit)
    }

    /// The error of a wait that was too long, for `missing`, in so far as it is known who that is.
    #[must_use]
    pub fn timed_out(&self, missing: Vec<usize>) -> CollectiveError {
        let waited = self.limit.unwrap_or_default();
        CollectiveError::Timeout { exchange: self.exchange.clone(), waited, missing }
    }

    /// As long as one that waits for this one needs, to hear of its end from it.
    pub(crate) fn of_a_bystander(&self) -> Self {
        let limit = self.limit.map(|limit| limit.saturating_add(self.grace()));
        Self { exchange: self.exchange.clone(), limit }
    }

    /// How long ranks are given to end by themselves after a wait that was too long.
    pub(crate) fn grace(&self) -> Duration {
        self.limit.unwrap_or(GRACE).min(GRACE)
    }
}

/// Enough to finish a step and to write a message.
const GRACE: Duration = Duration::from_secs(10);

/// Time that is left, or any amount of it.
///
/// It goes by in slices of which each counts once, however long it took: a job that was stopped as a whole, with
/// SIGSTOP or by a scheduler, goes on afterwards.
pub(crate) struct Countdown(Option<Duration>);

impl Countdown {
    pub(crate) fn of(time: Duration) -> Self {
        Self(Some(time))
    }

    /// Spends a slice, or what is left, on `wait`; `None` if nothing is left.
    pub(crate) fn spend<T>(&mut self, wait: impl FnOnce(Duration) -> T) -> Option<T> {
        const SLICE: Duration = Duration::from_millis(100);
        let slice = self.0.unwrap_or(SLICE).min(SLICE);
        if slice.is_zero() {
            return None;
        }
        let start = Instant::now();
        let made = wait(slice);
        let spent = start.elapsed().min(slice);
        self.0 = self.0.map(|left| left.saturating_sub(spent));
        Some(made)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_counts_once_however_long_it_took() {
        let mut countdown = Countdown::of(Duration::from_millis(250));
        let mut slices = Vec::new();
        while countdown.spend(|slice| std::thread::sleep(2 * slice)).is_some() {
            slices.push(());
        }
        assert_eq!(slices.len(), 3);
    }
}
