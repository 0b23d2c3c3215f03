//! What a rank knows of the others.

use std::fmt::Debug;
use std::sync::{Arc, OnceLock};

use crate::CollectiveError;

/// Floats in which ranks send each other numbers; sums are taken in 32 bits in any case.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Wire {
    /// As they are.
    #[default]
    F32,
    /// Rounded to 16 bits with the range of 32, and the sums once more.
    Bf16,
}

/// Waits for sums that a [`Collective`] takes.
pub type Sums = Box<dyn FnOnce() -> Result<Vec<f32>, CollectiveError> + Send>;

/// What a way to connect ranks has to do; [`World`] is what programs use.
///
/// Every rank makes the same calls in the same order. After an error nothing but
/// [`end`](Self::end) may be called.
pub trait Collective: Debug + Send + Sync {
    /// Number of this rank, from 0.
    fn rank(&self) -> usize;

    /// Number of ranks.
    fn size(&self) -> usize;

    /// Begins to add up `values` over all ranks; the sums are what the closure returns, which waits for
    /// them. Other exchanges may begin meanwhile.
    fn start_sum(&self, values: Vec<f32>, wire: Wire) -> Sums;

    /// Replaces `values` by their sums over all ranks.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn sum_f64(&self, values: &mut [f64]) -> Result<(), CollectiveError>;

    /// What each rank gave, in their order.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, CollectiveError>;

    /// What rank 0 gave; what the others give is dropped.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn broadcast(&self, bytes: Vec<u8>) -> Result<Vec<u8>, CollectiveError>;

    /// Ends the training of all ranks because of `reason`.
    fn end(&self, reason: &str);
}

/// What a rank knows of the others; clones are of the same rank.
///
/// An exchange that failed cannot be made up for: every later one is the same error.
#[derive(Debug, Clone, Default)]
pub struct World(Option<Arc<Ranks>>);

#[derive(Debug)]
struct Ranks {
    collective: Box<dyn Collective>,
    failure: OnceLock<CollectiveError>,
}

impl Ranks {
    fn exchange<T>(
        &self,
        how: impl FnOnce(&dyn Collective) -> Result<T, CollectiveError>,
    ) -> Result<T, CollectiveError> {
        if let Some(failure) = self.failure.get() {
            return Err(failure.clone());
        }
        how(&*self.collective).inspect_err(|error| {
            self.failure.get_or_init(|| error.clone());
        })
    }
}

/// Sums that are being taken.
#[must_use]
pub struct PendingSum(Pending);

enum Pending {
    Alone(Vec<f32>),
    Among(Arc<Ranks>, Sums),
}

impl PendingSum {
    /// The sums, the same bits on each rank.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn finish(self) -> Result<Vec<f32>, CollectiveError> {
        match self.0 {
            Pending::Alone(values) => Ok(values),
            Pending::Among(ranks, sums) => ranks.exchange(|_ranks| sums()),
        }
    }
}

impl World {
    /// The world of a rank that is alone: every exchange is with itself.
    #[must_use]
    pub fn alone() -> Self {
        Self(None)
    }

    /// The world of a rank that `collective` connects with others.
    #[must_use]
    pub fn new(collective: impl Collective + 'static) -> Self {
        if collective.size() == 1 {
            return Self::alone();
        }
        let (collective, failure) = (Box::new(collective), OnceLock::new());
        Self(Some(Arc::new(Ranks { collective, failure })))
    }

    /// Number of this rank, from 0.
    #[must_use]
    pub fn rank(&self) -> usize {
        self.0.as_ref().map_or(0, |ranks| ranks.collective.rank())
    }

    /// Number of ranks.
    #[must_use]
    pub fn size(&self) -> usize {
        self.0.as_ref().map_or(1, |ranks| ranks.collective.size())
    }

    /// Whether this is rank 0, which writes and speaks for all.
    #[must_use]
    pub fn is_chief(&self) -> bool {
        self.rank() == 0
    }

    /// Whether there is no other rank.
    #[must_use]
    pub fn is_alone(&self) -> bool {
        self.0.is_none()
    }

    /// Replaces `values` by their sums over all ranks, the same bits on each.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn sum(&self, values: &mut [f32]) -> Result<(), CollectiveError> {
        if !self.is_alone() {
            values.copy_from_slice(&self.start_sum(values.to_vec(), Wire::F32).finish()?);
        }
        Ok(())
    }

    /// Begins to add up `values` over all ranks, while the caller does something else.
    pub fn start_sum(&self, values: Vec<f32>, wire: Wire) -> PendingSum {
        let Some(ranks) = &self.0 else { return PendingSum(Pending::Alone(values)) };
        let sums = match ranks.failure.get() {
            Some(failure) => {
                let failure = failure.clone();
                Box::new(move || Err(failure))
            }
            None => ranks.collective.start_sum(values, wire),
        };
        PendingSum(Pending::Among(Arc::clone(ranks), sums))
    }

    /// As [`sum`](Self::sum), in double precision.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn sum_f64(&self, values: &mut [f64]) -> Result<(), CollectiveError> {
        self.0.as_ref().map_or(Ok(()), |ranks| ranks.exchange(|ranks| ranks.sum_f64(values)))
    }

    /// What each rank gave, in their order.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, CollectiveError> {
        match &self.0 {
            Some(ranks) => ranks.exchange(|ranks| ranks.gather(bytes)),
            None => Ok(vec![bytes]),
        }
    }

    /// What `of_chief` makes on rank 0, on every rank.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn broadcast(
        &self,
        of_chief: impl FnOnce() -> Vec<u8>,
    ) -> Result<Vec<u8>, CollectiveError> {
        let bytes = if self.is_chief() { of_chief() } else { Vec::new() };
        match &self.0 {
            Some(ranks) => ranks.exchange(|ranks| ranks.broadcast(bytes)),
            None => Ok(bytes),
        }
    }

    /// Makes sure that every rank has the same `value` of `what`, usually the hash of something.
    ///
    /// # Errors
    /// [`CollectiveError::Disagreement`], on every rank, if one has another.
    pub fn agree(&self, what: &str, value: &[u8]) -> Result<(), CollectiveError> {
        let all = self.gather(value.to_vec())?;
        let differs = |&(_, of_rank): &(usize, &Vec<u8>)| *of_rank != all[0];
        let ranks: Vec<usize> =
            all.iter().enumerate().filter(differs).map(|(rank, _)| rank).collect();
        if ranks.is_empty() {
            return Ok(());
        }
        Err(CollectiveError::Disagreement { what: what.to_owned(), ranks })
    }

    /// Ends the training of all ranks because of `reason`; their next exchange is an error.
    pub fn end(&self, reason: &str) {
        if let Some(ranks) = &self.0 {
            ranks.collective.end(reason);
        }
    }
}
