//! Ranks that are threads of one process.

mod meeting;
mod rank;

use std::fmt;
use std::sync::Arc;
use std::thread;

use crate::World;
use meeting::Meeting;

pub(crate) use rank::Rank;

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
    let meeting = Arc::new(Meeting::of(size));
    (0..size).map(|rank| Rank::new(rank, Arc::clone(&meeting))).collect()
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
