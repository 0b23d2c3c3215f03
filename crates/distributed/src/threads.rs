//! Ranks that are threads of one process.

use std::any::Any;
use std::fmt;
use std::ops::AddAssign;
use std::process;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::Duration;

use half::bf16;

use crate::wait::Countdown;
use crate::{Collective, CollectiveError, Sums, Wait, Wire, World};

/// The worlds of `size` ranks, for a thread each.
///
/// A world whose last clone is dropped has left; the next exchange of the others is an error then.
///
/// No thread can be ended from outside. So where one does not come to an exchange
/// [in time](World::set_timeout) and has not left ten seconds later either, the process is ended, with a message
/// and code 1.
#[must_use]
pub fn worlds(size: usize) -> Vec<World> {
    ranks(size).into_iter().map(World::new).collect()
}

pub(crate) fn ranks(size: usize) -> Vec<Rank> {
    let meeting = Meeting { size, state: Mutex::default(), changed: Condvar::new() };
    meeting.lock().brought.resize_with(size, || None);
    let meeting = Arc::new(meeting);
    let rank = |rank| Rank { rank, meeting: Arc::clone(&meeting), gave_up: OnceLock::new() };
    (0..size).map(rank).collect()
}

/// Runs `work` for each of `worlds` on a thread of its own, rank 0 on the caller's, and returns what
/// each made, in their order. An error or a panic of one ends all.
///
/// # Errors
/// That of the rank that failed first in their order, one that only says that another rank ended it
/// last.
///
/// # Panics
/// If a rank panicked, after all have ended.
pub fn run<T: Send, E: Send + fmt::Display>(
    worlds: Vec<World>,
    work: impl Fn(World) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    run_with(worlds, &work, &work)
}

/// As [`run`], where rank 0 does something of its own, which needs not be fit for other threads.
///
/// # Errors
/// As [`run`].
///
/// # Panics
/// As [`run`].
pub fn run_with<T: Send, E: Send + fmt::Display>(
    worlds: Vec<World>,
    chief: impl FnOnce(World) -> Result<T, E>,
    others: impl Fn(World) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let mut worlds = worlds.into_iter();
    let first = worlds.next();
    let results = thread::scope(|scope| {
        let others: Vec<_> = worlds
            .map(|world| {
                let others = &others;
                scope.spawn(move || guarded(&world, others))
            })
            .collect();
        let mut results: Vec<_> = first.map(|world| guarded(&world, chief)).into_iter().collect();
        for other in others {
            results.push(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        }
        results
    });
    collected(results)
}

/// What `work` makes; an error of it ends all ranks.
fn guarded<T, E: fmt::Display>(
    world: &World,
    work: impl FnOnce(World) -> Result<T, E>,
) -> Result<T, E> {
    let result = work(world.clone());
    if let Err(error) = &result {
        world.end(&error.to_string());
    }
    result
}

/// All results, or the error that says most: one of a rank that was not merely told to end.
fn collected<T, E: fmt::Display>(results: Vec<Result<T, E>>) -> Result<Vec<T>, E> {
    let mut told = None;
    let mut good = Vec::new();
    for result in results {
        match result {
            Ok(value) => good.push(value),
            Err(error) if !error.to_string().contains("ended the training of all ranks") => {
                return Err(error);
            }
            Err(error) => told = told.or(Some(error)),
        }
    }
    told.map_or(Ok(good), Err)
}

type Anything = Arc<dyn Any + Send + Sync>;

/// Where the ranks meet: each brings something, and goes with what all have brought.
struct Meeting {
    size: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Default)]
struct State {
    /// Of the meeting in progress, by rank.
    brought: Vec<Option<Anything>>,
    /// What was brought to the last one. It stays until every rank has come again, so until all have
    /// taken it.
    last: Vec<Anything>,
    /// Meetings that are over.
    over: u64,
    /// Ranks that have left.
    gone: Vec<usize>,
    ended: Option<(usize, String)>,
}

impl Meeting {
    fn lock(&self) -> MutexGuard<'_, State> {
        // What is behind the lock is whole between any two statements.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn end(&self, rank: usize, reason: &str) {
        self.lock().ended.get_or_insert_with(|| (rank, reason.to_owned()));
        self.changed.notify_all();
    }

    fn leave(&self, rank: usize, reason: &str) {
        self.lock().gone.push(rank);
        self.end(rank, reason);
    }

    /// Waits for a change, or a moment; `None` when no time is left.
    fn wait<'a>(
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
    fn end_process_unless_left(self: Arc<Self>, grace: Duration, reason: String) {
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

/// A thread's place among others.
pub(crate) struct Rank {
    rank: usize,
    meeting: Arc<Meeting>,
    /// Why this rank waits for the others no more.
    gave_up: OnceLock<CollectiveError>,
}

impl Rank {
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
            self.meeting.changed.notify_all();
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
