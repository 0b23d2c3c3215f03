//! What a rank knows of the others.

use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use crate::collective::{Collective, Sums, Wire};
use crate::{CollectiveError, Wait};

/// How long an exchange waits for the other ranks unless told otherwise: that of PyTorch's process groups with
/// NCCL.
pub const TIMEOUT: Duration = Duration::from_secs(600);

/// What a rank knows of the others; clones are of the same rank.
///
/// An exchange that failed cannot be made up for: every later one is the same error.
#[derive(Debug, Clone, Default)]
pub struct World(Option<Arc<Ranks>>);

#[derive(Debug)]
pub(crate) struct Ranks {
    pub(crate) collective: Box<dyn Collective>,
    failure: OnceLock<CollectiveError>,
    /// How long an exchange may wait for the others.
    timeout: Mutex<Option<Duration>>,
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

    fn wait(&self, exchange: String) -> Wait {
        Wait::new(exchange, *self.timeout.lock().unwrap_or_else(PoisonError::into_inner))
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
        let timeout = Mutex::new(Some(TIMEOUT));
        Self(Some(Arc::new(Ranks { collective, failure, timeout })))
    }

    /// Lets no exchange of this rank from now on wait longer than `timeout` for the others; with `None`,
    /// for ever. [`TIMEOUT`] holds without this.
    ///
    /// An exchange that waited so long is [`CollectiveError::Timeout`]. Everything that a rank does between
    /// two exchanges has to fit into the time, for the others wait meanwhile.
    pub fn set_timeout(&self, timeout: Option<Duration>) {
        if let Some(ranks) = &self.0 {
            *ranks.timeout.lock().unwrap_or_else(PoisonError::into_inner) = timeout;
        }
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

    /// Number of ranks that are threads of this process, this one too.
    #[must_use]
    pub fn size_here(&self) -> usize {
        self.0.as_ref().map_or(1, |ranks| ranks.collective.here().0)
    }

    /// Whether no rank of this process has a smaller number.
    #[must_use]
    pub fn is_first_here(&self) -> bool {
        self.0.as_ref().is_none_or(|ranks| ranks.collective.here().1 == 0)
    }

    pub(crate) fn ranks(&self) -> Option<&Arc<Ranks>> {
        self.0.as_ref()
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
        self.begin(values, |ranks, values, wait| ranks.start_sum(values, wire, wait))
    }

    /// As [`start_sum`](Self::start_sum), where the ranks of a process have added their numbers up already: only
    /// what [its first](Self::is_first_here) brings counts.
    pub fn start_sum_of_processes(&self, values: Vec<f32>, wire: Wire) -> PendingSum {
        self.begin(values, |ranks, values, wait| ranks.start_sum_of_processes(values, wire, wait))
    }

    fn begin(
        &self,
        values: Vec<f32>,
        how: impl FnOnce(&dyn Collective, Vec<f32>, Wait) -> Sums,
    ) -> PendingSum {
        let Some(ranks) = &self.0 else { return PendingSum(Pending::Alone(values)) };
        let sums = match ranks.failure.get() {
            Some(failure) => {
                let failure = failure.clone();
                Box::new(move || Err(failure))
            }
            None => {
                let wait = ranks.wait(format!("a sum of {} numbers", values.len()));
                how(&*ranks.collective, values, wait)
            }
        };
        PendingSum(Pending::Among(Arc::clone(ranks), sums))
    }

    /// As [`sum`](Self::sum), in double precision.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn sum_f64(&self, values: &mut [f64]) -> Result<(), CollectiveError> {
        let Some(ranks) = &self.0 else { return Ok(()) };
        let wait = ranks.wait(format!("a sum of {} numbers of 64 bits", values.len()));
        ranks.exchange(|ranks| ranks.sum_f64(values, &wait))
    }

    /// What each rank gave, in their order.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    pub fn gather(&self, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, CollectiveError> {
        self.gather_for("an exchange of messages", bytes)
    }

    fn gather_for(&self, what: &str, bytes: Vec<u8>) -> Result<Vec<Vec<u8>>, CollectiveError> {
        let Some(ranks) = &self.0 else { return Ok(vec![bytes]) };
        let wait = ranks.wait(what.to_owned());
        ranks.exchange(|ranks| ranks.gather(bytes, &wait))
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
        let Some(ranks) = &self.0 else { return Ok(bytes) };
        let wait = ranks.wait("a message from rank 0 to all".to_owned());
        ranks.exchange(|ranks| ranks.broadcast(bytes, &wait))
    }

    /// Makes sure that every rank has the same `value` of `what`, usually the hash of something.
    ///
    /// # Errors
    /// [`CollectiveError::Disagreement`], on every rank, if one has another.
    pub fn agree(&self, what: &str, value: &[u8]) -> Result<(), CollectiveError> {
        let all = self.gather_for(&format!("the comparison of {what}"), value.to_vec())?;
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
            ranks.collective.end(reason, &ranks.wait("the end".to_owned()));
        }
    }
}
