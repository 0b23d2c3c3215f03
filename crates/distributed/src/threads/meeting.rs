//! Where the ranks of one process meet.

use std::any::Any;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use crate::wait::Countdown;

/// What a rank brings.
pub(super) type Anything = Arc<dyn Any + Send + Sync>;

/// Where the ranks meet: each brings something, and goes with what all have brought.
pub(super) struct Meeting {
    pub(super) size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

/// What lies at the meeting place.
#[derive(Default)]
pub(super) struct State {
    /// Of the meeting in progress, by rank.
    pub(super) brought: Vec<Option<Anything>>,
    /// What was brought to the last one. It stays until every rank has come again, so until all have
    /// taken it.
    pub(super) last: Vec<Anything>,
    /// Meetings that are over.
    pub(super) over: u64,
    /// Ranks that have left.
    gone: Vec<usize>,
    pub(super) ended: Option<(usize, String)>,
}

impl Meeting {
    /// Of `size` ranks, none of which has brought anything.
    pub(super) fn of(size: usize) -> Self {
        let brought = (0..size).map(|_rank| None).collect();
        let state = State { brought, ..State::default() };
        Self { size, state: Mutex::new(state), changed: Condvar::new() }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Wakes those who wait for a change.
    pub(super) fn tell_all(&self) {
        self.changed.notify_all();
    }

    pub(super) fn end(&self, rank: usize, reason: &str) {
        self.lock().ended.get_or_insert_with(|| (rank, reason.to_owned()));
        self.tell_all();
    }

    pub(super) fn leave(&self, rank: usize, reason: &str) {
        self.lock().gone.push(rank);
        self.end(rank, reason);
    }

    /// Waits for a change, or a moment; `None` when no time is left.
    pub(super) fn wait<'a>(
        &self,
        state: MutexGuard<'a, State>,
        left: &mut Countdown,
    ) -> Option<MutexGuard<'a, State>> {
        left.spend(|slice| {
            let changed = self.changed.wait_timeout(state, slice);
            changed.unwrap_or_else(PoisonError::into_inner).0
        })
    }

    /// Ends the process if a rank has not left after `grace`.
    pub(super) fn end_process_unless_left(self: Arc<Self>, grace: Duration, reason: String) {
        thread::spawn(move || {
            let mut left = Countdown::of(grace);
            let mut state = self.lock();
            while state.gone.len() < self.size {
                match self.wait(state, &mut left) {
                    Some(changed) => state = changed,
                    None => {
                        eprintln!("error: {reason}");
                        process::exit(1);
                    }
                }
            }
        });
    }
}
