//! Which sample stands where in an epoch.

use crate::random::SampleRng;

/// The order of one epoch: a function of `(seed, epoch)` and the number of samples, nothing else.
pub(crate) struct EpochOrder {
    len: usize,
    /// Sample number by position; `None` where the order is that of the source.
    shuffled: Option<Vec<u32>>,
}

impl EpochOrder {
    /// # Panics
    ///
    /// If `len` is above `u32::MAX` and the order is shuffled; [`Loader::new`](crate::Loader::new)
    /// refuses such a source.
    pub(crate) fn new(len: usize, seed: u64, epoch: u64, shuffle: bool) -> Self {
        Self { len, shuffled: shuffle.then(|| permutation(len, seed, epoch)) }
    }

    /// The sample at `position`; `None` beyond the last, where a masked batch is padded.
    pub(crate) fn sample(&self, position: usize) -> Option<usize> {
        match &self.shuffled {
            Some(samples) => samples.get(position).map(|&sample| sample as usize),
            None => (position < self.len).then_some(position),
        }
    }
}

/// Fisher–Yates from the back, as in Knuth's Algorithm P.
fn permutation(len: usize, seed: u64, epoch: u64) -> Vec<u32> {
    let len = u32::try_from(len).expect("Loader::new checks the number of samples");
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
    use super::EpochOrder;

    fn order(len: usize, seed: u64, epoch: u64) -> Vec<usize> {
        let order = EpochOrder::new(len, seed, epoch, true);
        (0..len).map(|position| order.sample(position).unwrap()).collect()
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

    #[test]
    fn positions_beyond_the_end_are_padding() {
        assert_eq!(EpochOrder::new(3, 0, 0, false).sample(2), Some(2));
        assert_eq!(EpochOrder::new(3, 0, 0, false).sample(3), None);
        assert_eq!(EpochOrder::new(3, 0, 0, true).sample(3), None);
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
