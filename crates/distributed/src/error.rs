//! Why ranks cannot go on together.

use std::time::Duration;

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
    /// A rank did not come to an exchange in time: it hangs, or its machine or the network is gone.
    #[error(
        "{exchange} has waited {waited:?} for {}: that rank hangs, or the way to it is broken. \
         What was saved is whole, and the same command goes on from there; \
         where a rank needs longer between two exchanges, allow a longer time",
        missing_ranks(missing)
    )]
    Timeout {
        /// What the ranks were about to exchange.
        exchange: String,
        /// How long this rank waited.
        waited: Duration,
        /// The ranks that did not come, if that is known.
        missing: Vec<usize>,
    },
    /// MPI cannot be used.
    #[error("MPI cannot be used: {reason}")]
    Mpi {
        /// What it said.
        reason: String,
    },
}

impl CollectiveError {
    /// The error of a rank of some, of which the first has the number `first` among all.
    pub(crate) fn numbered_from(mut self, first: usize) -> Self {
        match &mut self {
            Self::Ended { rank, .. } | Self::Mismatch { rank, .. } => *rank += first,
            Self::Timeout { missing, .. } => missing.iter_mut().for_each(|rank| *rank += first),
            Self::Disagreement { .. } | Self::Message { .. } | Self::Mpi { .. } => {}
        }
        self
    }
}

fn missing_ranks(ranks: &[usize]) -> String {
    match ranks {
        [] => "another rank".to_owned(),
        [rank] => format!("rank {rank}"),
        _ => format!("ranks {}", first(ranks)),
    }
}

/// The numbers of some ranks, the first few if they are many.
fn first(ranks: &[usize]) -> String {
    const SHOWN: usize = 8;
    let shown = ranks.iter().take(SHOWN).map(ToString::to_string).collect::<Vec<_>>().join(", ");
    match ranks.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn others(ranks: &[usize]) -> String {
    let word = if ranks.len() == 1 { "rank" } else { "ranks" };
    format!("{word} {} is another", first(ranks))
}
