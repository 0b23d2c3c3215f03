//! What a way to connect ranks has to do.

use std::fmt::Debug;

use crate::{CollectiveError, Wait};

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

/// What a way to connect ranks has to do; [`World`](crate::World) is what programs use.
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
    fn start_sum(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums;

    /// As [`start_sum`](Self::start_sum), over one rank of each process: those of a process bring the same
    /// numbers, or [nothing](crate::World::is_first_here).
    fn start_sum_of_processes(&self, values: Vec<f32>, wire: Wire, wait: Wait) -> Sums;

    /// Number of ranks in this process, and of this one among them.
    fn here(&self) -> (usize, usize);

    /// Replaces `values` by their sums over all ranks.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn sum_f64(&self, values: &mut [f64], wait: &Wait) -> Result<(), CollectiveError>;

    /// What each rank gave, in their order.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn gather(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<Vec<u8>>, CollectiveError>;

    /// What rank 0 gave; what the others give is dropped.
    ///
    /// # Errors
    /// [`CollectiveError`] if the ranks cannot go on.
    fn broadcast(&self, bytes: Vec<u8>, wait: &Wait) -> Result<Vec<u8>, CollectiveError>;

    /// Ends the training of all ranks because of `reason`; the others hear of it within `wait`, or never.
    fn end(&self, reason: &str, wait: &Wait);
}
