//! A thread as a rank: what it exchanges at the meetings.

use std::fmt;
use std::ops::AddAssign;
use std::sync::{Arc, OnceLock};
use std::thread;

use half::bf16;

use super::meeting::{Anything, Meeting, State};
use crate::{Collective, CollectiveError, Sums, Wait, Wire};

/// A thread's place among others.
pub(crate) struct Rank {
    rank: usize,
    meeting: Arc<Meeting>,
    /// Why this rank waits for the others no more.
    gave_up: OnceLock<CollectiveError>,
}

impl Rank {
    pub(super) fn new(rank: usize, meeting: Arc<Meeting>) -> Self {
        Self { rank, meeting, gave_up: OnceLock::new() }
    }

    /// Brings `value` and takes what every rank has brought, in their order.
    fn meet<T: Send + Sync + 'static>(
        &self,
        value: T,
        wait: &Wait,
    ) -> Result<Vec<Arc<T>>, CollectiveError> {
        if let Some(error) = self.gave_up.get() {
            return Err(error.clone());
        }
        let mut left = wait.countdown();
        let mut state = self.meeting.lock();
        let number = state.over;
        state.brought[self.rank] = Some(Arc::new(value));
        if state.brought.iter().all(Option::is_some) {
            state.last = state.brought.iter_mut().filter_map(Option::take).collect();
            state.over += 1;
            self.meeting.tell_all();
        }
        while state.over == number {
            if let Some((rank, reason)) = state.ended.clone() {
                return Err(CollectiveError::Ended { rank, reason });
            }
            state = match self.meeting.wait(state, &mut left) {
                Some(state) => state,
                None => return Err(self.give_up(wait)),
            };
        }
        let all = state.last.clone();
        drop(state);
        all.into_iter().enumerate().map(|(rank, value)| typed(rank, value)).collect()
    }

    /// Ends the training because ranks have not come in time.
    fn give_up(&self, wait: &Wait) -> CollectiveError {
        let is_missing = |state: &State, rank: usize| state.brought[rank].is_none();
        let state = self.meeting.lock();
        let missing = (0..self.meeting.size).filter(|&rank| is_missing(&state, rank)).collect();
        drop(state);
        let error = wait.timed_out(missing);
        self.gave_up.get_or_init(|| error.clone());
        self.meeting.end(self.rank, &error.to_string());
        Arc::clone(&self.meeting).end_process_unless_left(wait.grace(), error.to_string());
        error
    }

    /// What rank 0 brings.
    pub(crate) fn broadcast_value<T: Clone + Send + Sync + 'static>(
        &self,
        value: T,
        wait: &Wait,
    ) -> Result<T, CollectiveError> {
        Ok((*self.meet(value, wait)?[0]).clone())
    }

    /// Each rank adds up one stretch, in the order of the ranks, and takes the sums of the others.
    /// What ranks take from each other is packed.
    fn add_up<T, P>(
        &self,
        values: &mut [T],
        Packing { pack, unpack }: Packing<T, P>,
        wait: &Wait,
    ) -> Result<(), CollectiveError>
    where
        T: Copy + Default + AddAssign,
        P: Copy + Send + Sync + 'static,
    {
        let packed = |values: &[T]| values.iter().map(|&value| pack(value)).collect::<Vec<P>>();
        let all = self.meet(packed(values), wait)?;
        if let Some(rank) = all.iter().position(|of_rank| of_rank.len() != values.len()) {
            let (found, expected) = (all[rank].len(), values.len());
            let words = |count| format!("{count} numbers");
            return Err(CollectiveError::Mismatch {
                rank,
                found: words(found),
                expected: words(expected),
            });
        }
        let stretch = values.len().div_ceil(self.meeting.size).max(1);
        let start = (self.rank * stretch).min(values.len());
        let end = (start + stretch).min(values.len());
        let mut sums = vec![T::default(); end - start];
        for of_rank in &all {
            let of_stretch = sums.iter_mut().zip(&of_rank[start..end]);
            of_stretch.for_each(|(sum, &value)| *sum += unpack(value));
        }
        for (part, sums) in values.chunks_mut(stretch).zip(self.meet(packed(&sums), wait)?) {
            part.iter_mut().zip(&*sums).for_each(|(value, &sum)| *value = unpack(sum));
        }
        Ok(())
    }
}

/// How numbers travel.
struct Packing<T, P> {
    pack: fn(T) -> P,
    unpack: fn(P) -> T,
}

fn as_it_is<T>() -> Packing<T, T> {
    Packing { pack: |value| value, unpack: |value| value }
}

fn typed<T: Send + Sync + 'static>(
    rank: usize,
    value: Anything,
) -> Result<Arc<T>, CollectiveError> {
    value.downcast().map_err(|_other| CollectiveError::Mismatch {
        rank,
        found: "something else".to_owned(),
        expected: std::any::type_name::<T>().to_owned(),
    })
}

impl Drop for Rank {
    fn drop(&mut self) {
        let reason = if thread::panicking() { "it panicked" } else { "it has left" };
        self.meeting.leave(self.rank, reason);
    }
}

impl fmt::Debug for Rank {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {} threads", self.rank, self.meeting.size)
    }
}

impl Collective for Rank {
    fn rank(&self) -> usize {
        self.rank
    }

    fn size(&self) -> usize {
        self.meeting.size
    }

    /// There is nothing that could go on meanwhile: the ranks' own threads add.
    fn start_sum(&self, mut values: Vec<f32>, wire: Wire, wait: Wait) -> Sums {
        let done = match wire {
            Wire::F32 => self.add_up(&mut values, as_it_is(), &wait),
            Wire::Bf16 => {
                let packing = Packing { pack: bf16::from_f32, unpack: bf16::to_f32 };
                self.add_up(&mut values, packing, &wait)
            }
        };
        Box::new(move || done.map(|()| values))
    }

    /// There is one process.
    fn start_sum_of_processes(&self, values: Vec<f32>, _wire: Wire, wait: Wait) -> Sums {
        let values = self.broadcast_value(values, &wait);
        Box::new(move || values)
    }

    fn here(&self) -> (usize, usize) {
        (self.meeting.size, self.rank)
    }

    fn sum_f64(&self, values: &mut [f64], wait: &Wait) -> Result<(), CollectiveError> {
        self.add_up(values, as_it_is(), wait)
    }

    fn gather(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<Vec<u8>>, CollectiveError> {
        Ok(self.meet(bytes, wait)?.iter().map(|bytes| bytes.to_vec()).collect())
    }

    fn broadcast(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<u8>, CollectiveError> {
        self.broadcast_value(bytes, wait)
    }

    fn end(&self, reason: &str, wait: &Wait) {
        self.meeting.end(self.rank, reason);
        if let Some(limit) = wait.limit() {
            let reason = format!("rank {}: {reason}", self.rank);
            Arc::clone(&self.meeting)
                .end_process_unless_left(limit.saturating_add(wait.grace()), reason);
        }
    }
}
