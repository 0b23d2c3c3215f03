//! Which sample stands where in an epoch.

mod weights;

use std::sync::Arc;

use crate::error::DataError;
use crate::options::{LoaderOptions, Rank, Sampling};
use crate::random::SampleRng;
use crate::source::Source;

use weights::Weights;

/// What decides the order of every epoch, whatever its number.
pub(crate) struct Sampler {
    len: usize,
    seed: u64,
    rank: Rank,
    rule: Rule,
}

#[derive(Clone)]
enum Rule {
    AsStored,
    /// A permutation in which each sample stands this many times in a row.
    Shuffled {
        times: usize,
    },
    Drawn(Arc<Weights>),
}

impl Sampler {
    pub(crate) fn new(source: &dyn Source, options: &LoaderOptions) -> Result<Self, DataError> {
        let rule = match options.sampling {
            Sampling::Sequential => Rule::AsStored,
            Sampling::Shuffled => Rule::Shuffled { times: 1 },
            Sampling::Repeated { times } => Rule::Shuffled { times: times as usize },
            Sampling::Weighted => Rule::Drawn(Arc::new(Weights::of_images(source)?)),
            Sampling::ClassBalanced => Rule::Drawn(Arc::new(Weights::of_classes(source)?)),
        };
        Ok(Self { len: source.len(), seed: options.seed, rank: options.rank, rule })
    }

    /// Number of positions in an epoch, those of all ranks together.
    pub(crate) fn positions(&self) -> usize {
        match self.rule {
            Rule::Shuffled { times } => self.len.saturating_mul(times),
            Rule::AsStored | Rule::Drawn(_) => self.len,
        }
    }

    /// The order of one epoch: a function of `(seed, epoch)`, the rule and the samples, nothing else.
    pub(crate) fn epoch(&self, epoch: u64) -> EpochOrder {
        let order = match &self.rule {
            Rule::AsStored => Order::AsStored { len: self.len },
            &Rule::Shuffled { times } => {
                Order::Permuted { samples: permutation(self.len, self.seed, epoch), times }
            }
            Rule::Drawn(weights) => Order::Drawn(weights.draw(self.seed, epoch)),
        };
        EpochOrder { order, rank: self.rank }
    }
}

/// The samples of one epoch, as one rank sees them.
pub(crate) struct EpochOrder {
    order: Order,
    rank: Rank,
}

enum Order {
    AsStored { len: usize },
    Permuted { samples: Vec<u32>, times: usize },
    Drawn(Vec<Draw>),
}

/// A sample, and how many times it stood in the epoch before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Draw {
    pub(crate) sample: u32,
    pub(crate) repetition: u32,
}

impl EpochOrder {
    /// The same samples as one process would see them.
    pub(crate) fn of_all_ranks(self) -> Self {
        Self { rank: Rank::ALONE, ..self }
    }

    /// What stands at `position` of this rank; `None` beyond the last, where a masked batch is padded.
    pub(crate) fn draw(&self, position: usize) -> Option<Draw> {
        // Ranks take turns: what they load in a step is one stretch of the order.
        let position = position.checked_mul(self.rank.size)?.checked_add(self.rank.index)?;
        let narrow = |number| u32::try_from(number).expect("Loader::new checks the numbers");
        match &self.order {
            &Order::AsStored { len } => {
                (position < len).then(|| Draw { sample: narrow(position), repetition: 0 })
            }
            Order::Permuted { samples, times } => {
                let &sample = samples.get(position / times)?;
                Some(Draw { sample, repetition: narrow(position % times) })
            }
            Order::Drawn(draws) => draws.get(position).copied(),
        }
    }
}

/// Fisher–Yates from the back, as in Knuth's Algorithm P; `len` is below 2³².
pub(crate) fn permutation(len: usize, seed: u64, epoch: u64) -> Vec<u32> {
    let len = u32::try_from(len).expect("a loader and a listing check how many there are");
    let mut samples: Vec<u32> = (0..len).collect();
    let mut rng = SampleRng::for_order(seed, epoch);
    for last in (1..samples.len()).rev() {
        let other = rng.below(last as u64 + 1) as usize;
        samples.swap(last, other);
    }
    samples
}

#[cfg(test)]
mod tests {
    use super::permutation;

    fn order(len: usize, seed: u64, epoch: u64) -> Vec<u32> {
        permutation(len, seed, epoch)
    }

    #[test]
    fn every_sample_occurs_once() {
        let mut samples = order(1000, 7, 3);
        samples.sort_unstable();
        assert_eq!(samples, (0..1000).collect::<Vec<_>>());
    }

    #[test]
    fn seed_and_epoch_change_the_order_and_nothing_else_does() {
        assert_eq!(order(100, 7, 3), order(100, 7, 3));
        assert_ne!(order(100, 7, 3), order(100, 7, 4));
        assert_ne!(order(100, 7, 3), order(100, 8, 3));
    }

    /// A changed order would change every resumed run: these numbers must never change.
    #[test]
    fn the_order_is_pinned() {
        assert_eq!(order(10, 42, 0), [8, 6, 0, 2, 5, 4, 1, 3, 7, 9]);
    }

    /// Chi-square over the position of one sample: 9 degrees of freedom, 27.9 is the 0.1 % point.
    #[test]
    fn every_position_is_equally_likely() {
        let mut counts = [0.0f64; 10];
        for epoch in 0..10_000 {
            let position = order(10, 1, epoch).iter().position(|&sample| sample == 3).unwrap();
            counts[position] += 1.0;
        }
        let chi: f64 = counts.iter().map(|count| (count - 1000.0).powi(2) / 1000.0).sum();
        assert!(chi < 27.9, "chi-square {chi}");
    }
}
