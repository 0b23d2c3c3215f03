//! Why ranks cannot go on together.

use thiserror::Error;

/// Why ranks cannot go on together.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum CollectiveError {
    /// Another rank failed or left.
    #[error("rank {rank} ended the training of all ranks: {reason}")]
    Ended {
        /// The one that ended it.
        rank: usize,
        /// What it said.
        reason: String,
    },
    /// Ranks do different things at the same time, which is a mistake of the program.
    #[error("rank {rank} brings {found} to an exchange of {expected}")]
    Mismatch {
        /// A rank that does something else than this one.
        rank: usize,
        /// What it brings.
        found: String,
        /// What this rank brings.
        expected: String,
    },
    /// Ranks were started with different things.
    #[error(
        "the ranks were not started alike: {what} of {} than rank 0's; \
         start all with the same program, flags and data",
        others(ranks)
    )]
    Disagreement {
        /// What differs.
        what: String,
        /// The ranks that have something else than rank 0.
        ranks: Vec<usize>,
    },
    /// A message has another form than this rank expects.
    #[error("what rank 0 sends cannot be understood: {reason}")]
    Message {
        /// What is wrong with it.
        reason: String,
    },
    /// MPI cannot be used.
    #[error("MPI cannot be used: {reason}")]
    Mpi {
        /// What it said.
        reason: String,
    },
}

fn others(ranks: &[usize]) -> String {
    const SHOWN: usize = 8;
    let shown = ranks.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match (ranks.len(), ranks.len().saturating_sub(SHOWN)) {
        (1, _) => format!("rank {shown} is another"),
        (_, 0) => format!("ranks {shown} is another"),
        (_, more) => format!("ranks {shown} and {more} more is another"),
    }
}
