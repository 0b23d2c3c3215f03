//! Every image of every split, on several threads.

use std::iter;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use super::facts::{Examiner, Facts, Refused};
use super::{InspectError, InspectOptions, InspectSplit, Progress};
use crate::levels::AllLevels;

/// What was found in one split, in the order of its images.
#[derive(Default)]
pub(super) struct Walked {
    pub(super) good: Vec<(usize, Facts)>,
    pub(super) bad: Vec<(usize, Refused)>,
    pub(super) levels: AllLevels,
}

impl Walked {
    fn merge(&mut self, mut other: Self) {
        self.good.append(&mut other.good);
        self.bad.append(&mut other.bad);
        self.levels.merge(&other.levels);
    }

    /// Threads finish in any order; the report has one.
    fn sort(&mut self) {
        self.good.sort_unstable_by_key(|(index, _)| *index);
        self.bad.sort_unstable_by_key(|(index, _)| *index);
    }
}

/// The next image to look at, for all threads.
struct Queue<'a> {
    splits: &'a [InspectSplit],
    classes: usize,
    next: AtomicUsize,
    stopped: AtomicBool,
}

impl Queue<'_> {
    /// A split and an image of it.
    fn next(&self) -> Option<(usize, usize)> {
        let mut index = self.next.fetch_add(1, Ordering::Relaxed);
        for (split, InspectSplit { source, .. }) in self.splits.iter().enumerate() {
            if index < source.len() {
                return Some((split, index));
            }
            index -= source.len();
        }
        None
    }

    fn work(&self, options: &InspectOptions, progress: &Progress<'_>) -> Vec<Walked> {
        let mut walked: Vec<Walked> = self.splits.iter().map(|_| Walked::default()).collect();
        let mut examiner = Examiner::new(&*options.decoder, self.classes);
        while let Some((split, index)) = self.next() {
            let (source, found) = (&*self.splits[split].source, &mut walked[split]);
            match examiner.examine(source, index, &mut found.levels) {
                Ok(facts) => found.good.push((index, facts)),
                Err(refused) => found.bad.push((index, refused)),
            }
            if progress().is_break() {
                self.stopped.store(true, Ordering::Relaxed);
            }
            if self.stopped.load(Ordering::Relaxed) {
                break;
            }
        }
        walked
    }
}

/// Looks at all images; the result does not depend on the number of threads.
pub(super) fn all_images(
    splits: &[InspectSplit],
    classes: usize,
    options: &InspectOptions,
    progress: &Progress<'_>,
) -> Result<Vec<Walked>, InspectError> {
    let (next, stopped) = (AtomicUsize::new(0), AtomicBool::new(false));
    let queue = Queue { splits, classes, next, stopped };
    let mut all: Vec<Walked> = splits.iter().map(|_| Walked::default()).collect();
    std::thread::scope(|scope| {
        // The calling thread works as well: with one thread, or where none can be started, alone.
        let start = |_| {
            let builder = std::thread::Builder::new().name("inspect".to_owned());
            builder.spawn_scoped(scope, || queue.work(options, progress)).ok()
        };
        let others: Vec<_> = (1..options.threads).filter_map(start).collect();
        let own = queue.work(options, progress);
        // Only the callback can have panicked there, and that is its owner's affair.
        let theirs = others
            .into_iter()
            .map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        for found in iter::once(own).chain(theirs) {
            all.iter_mut().zip(found).for_each(|(all, found)| all.merge(found));
        }
    });
    if queue.stopped.into_inner() {
        return Err(InspectError::Stopped);
    }
    all.iter_mut().for_each(Walked::sort);
    Ok(all)
}
